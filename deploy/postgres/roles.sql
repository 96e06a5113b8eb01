-- Run once by PostgreSQL's image, on an empty volume: who owns the tables, and as whom the service runs
-- (docs/audit.md). `prepare` gives the service's user its rights.
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_password`
CREATE ROLE finder_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE finder_app LOGIN PASSWORD :'app_password';
CREATE DATABASE finder OWNER finder_owner;
