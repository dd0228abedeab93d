#!/bin/bash
# Installs the real servers the tests use, where that is allowed; says in one line what will be skipped where it is not.
set -u

declare -A package=([mosquitto]=mosquitto [mosquitto_sub]=mosquitto-clients [influxd]=influxdb [nginx]=nginx [chromium]=chromium)
PATH=$PATH:/usr/sbin

missing=()
for program in mosquitto mosquitto_sub influxd nginx chromium; do
    command -v "$program" > /dev/null || missing+=("${package[$program]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        as_root=(sudo -n)
    else
        echo "not installed, and not allowed to: ${missing[*]}; tests that need them are skipped (with CI=true they fail)" >&2
        exit 0
    fi
fi
if ! command -v apt-get > /dev/null; then
    echo "not installed, and this is no Debian: ${missing[*]}; tests that need them are skipped (with CI=true they fail)" >&2
    exit 0
fi

echo "installing ${missing[*]} from Debian ..."
# RUNLEVEL=1: the packages' own services are not started; the tests start servers of their own, on free ports.
"${as_root[@]}" apt-get update -qq > /dev/null 2>&1
if ! "${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" fonts-wqy-microhei > /dev/null 2>&1; then
    echo "could not install ${missing[*]}; tests that need them are skipped (with CI=true they fail)" >&2
fi
