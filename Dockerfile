# Clearwarn in a container: built from the lock with hashes, run as nobody in particular on a file system it cannot write.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/clearwarn
# First what rarely changes: a change of our own code does not install everything anew.
COPY requirements.lock ./
RUN /opt/clearwarn/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY config ./config
COPY ingest ./ingest
COPY alerts ./alerts
COPY device_sim ./device_sim
COPY grafana ./grafana
RUN /opt/clearwarn/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
    && /opt/clearwarn/bin/pip check

FROM python:3.11-slim-bookworm
# Folders that volumes are mounted on: a new volume takes their owner over.
RUN groupadd --gid 10001 clearwarn \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin clearwarn \
    && install -d -o clearwarn -g clearwarn -m 0700 /var/lib/clearwarn /run/clearwarn/service \
    && install -d -o clearwarn -g clearwarn -m 0755 /run/clearwarn/grafana
COPY --from=build /opt/clearwarn /opt/clearwarn
COPY config /etc/clearwarn
ENV PATH=/opt/clearwarn/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CLEARWARN_CONFIG=/etc/clearwarn
USER 10001:10001
EXPOSE 8080
# Alive, not ready: a store that is away is for a person, and no reason to start the service anew.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["clearwarn"]
CMD ["serve"]
