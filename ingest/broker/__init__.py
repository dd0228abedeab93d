"""What a real mosquitto is given: accounts and their topics from the catalogue, listeners, queues, certificates.

- `options`: `config/broker.yaml` as values
- `accounts`: who may publish and read what (pure)
- `mosquitto`: configuration, ACL and password file as texts (pure)
- `passwords`: mosquitto's form of a hashed password (pure)
- `certificates`: a private authority and the broker's certificate, made by openssl
- `writing`: all of it into a folder, without overwriting what a person edited
- `cli`: `clearwarn broker acl | certs`
"""
