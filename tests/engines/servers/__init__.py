"""Real database servers for the tests: started, crashed, looked into from the outside, and removed without a trace."""

from servers.local import LocalServer
from servers.mariadb import MariaDbServer, MySql
from servers.mongo import Mongo
from servers.mongo_replica_set import MongoReplicaSet
from servers.mongo_server import MongoServer
from servers.mongod import Mongod
from servers.postgres import Postgres, PostgresServer
from servers.programs import MissingEngineError
from servers.server import Address, Server

__all__ = [
    "Address",
    "LocalServer",
    "MariaDbServer",
    "MissingEngineError",
    "Mongo",
    "MongoReplicaSet",
    "MongoServer",
    "Mongod",
    "MySql",
    "Postgres",
    "PostgresServer",
    "Server",
]
