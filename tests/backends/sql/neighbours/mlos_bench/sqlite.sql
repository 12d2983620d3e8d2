BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('f83fb8ae7fc4');
CREATE TABLE config (
	config_id INTEGER NOT NULL, 
	config_hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (config_id), 
	UNIQUE (config_hash)
);
INSERT INTO "config" VALUES(1,'1b2193c43aebd82b8cbcfb05e0bf95278b565b5c2eded8b047859d16df2ec337');
INSERT INTO "config" VALUES(2,'7a36194ad610b92507099b61cb08eb521aad95f79fd809ce1f76c54a8f480541');
INSERT INTO "config" VALUES(3,'51237f59352d7e43082d20d9f22daf2ce50fb38369d04418adc81ecc738353d2');
CREATE TABLE config_param (
	config_id INTEGER NOT NULL, 
	param_id VARCHAR(512) NOT NULL, 
	param_value VARCHAR(1024), 
	PRIMARY KEY (config_id, param_id), 
	FOREIGN KEY(config_id) REFERENCES config (config_id)
);
INSERT INTO "config_param" VALUES(1,'cache_mb','64');
INSERT INTO "config_param" VALUES(1,'flush','on');
INSERT INTO "config_param" VALUES(2,'cache_mb','128');
INSERT INTO "config_param" VALUES(2,'flush','on');
INSERT INTO "config_param" VALUES(3,'cache_mb','256');
INSERT INTO "config_param" VALUES(3,'flush','on');
CREATE TABLE experiment (
	exp_id VARCHAR(512) NOT NULL, 
	description VARCHAR(1024), 
	root_env_config VARCHAR(1024) NOT NULL, 
	git_repo VARCHAR(1024) NOT NULL, 
	git_commit VARCHAR(40) NOT NULL, 
	PRIMARY KEY (exp_id)
);
INSERT INTO "experiment" VALUES('tune-db','Größe des Caches','environment.jsonc','https://example.org/tuning.git','6c006c7830fad53cd1302a49a312a7f9c1e16668');
CREATE TABLE objectives (
	exp_id VARCHAR(512) NOT NULL, 
	optimization_target VARCHAR(512) NOT NULL, 
	optimization_direction VARCHAR(4) NOT NULL, 
	weight FLOAT, 
	PRIMARY KEY (exp_id, optimization_target), 
	FOREIGN KEY(exp_id) REFERENCES experiment (exp_id)
);
INSERT INTO "objectives" VALUES('tune-db','latency','min',NULL);
CREATE TABLE trial (
	exp_id VARCHAR(512) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	config_id INTEGER NOT NULL, 
	trial_runner_id INTEGER, 
	ts_start DATETIME NOT NULL, 
	ts_end DATETIME, 
	status VARCHAR(16) NOT NULL, 
	PRIMARY KEY (exp_id, trial_id), 
	FOREIGN KEY(exp_id) REFERENCES experiment (exp_id), 
	FOREIGN KEY(config_id) REFERENCES config (config_id)
);
INSERT INTO "trial" VALUES('tune-db',1,1,NULL,'2025-01-01 12:00:00.000000','2025-01-01 12:00:20.000000','SUCCEEDED');
INSERT INTO "trial" VALUES('tune-db',2,2,NULL,'2025-01-01 12:01:00.000000','2025-01-01 12:01:20.000000','SUCCEEDED');
INSERT INTO "trial" VALUES('tune-db',3,3,NULL,'2025-01-01 12:02:00.000000','2025-01-01 12:02:20.000000','SUCCEEDED');
CREATE TABLE trial_param (
	exp_id VARCHAR(512) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	param_id VARCHAR(512) NOT NULL, 
	param_value VARCHAR(1024), 
	PRIMARY KEY (exp_id, trial_id, param_id), 
	FOREIGN KEY(exp_id, trial_id) REFERENCES trial (exp_id, trial_id)
);
INSERT INTO "trial_param" VALUES('tune-db',1,'repeat_i','1');
INSERT INTO "trial_param" VALUES('tune-db',2,'repeat_i','1');
INSERT INTO "trial_param" VALUES('tune-db',3,'repeat_i','1');
CREATE TABLE trial_result (
	exp_id VARCHAR(512) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	metric_id VARCHAR(512) NOT NULL, 
	metric_value VARCHAR(255), 
	PRIMARY KEY (exp_id, trial_id, metric_id), 
	FOREIGN KEY(exp_id, trial_id) REFERENCES trial (exp_id, trial_id)
);
INSERT INTO "trial_result" VALUES('tune-db',1,'latency','10.5');
INSERT INTO "trial_result" VALUES('tune-db',2,'latency','9.5');
INSERT INTO "trial_result" VALUES('tune-db',3,'latency','8.5');
CREATE TABLE trial_status (
	exp_id VARCHAR(512) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	ts DATETIME NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	UNIQUE (exp_id, trial_id, ts), 
	FOREIGN KEY(exp_id, trial_id) REFERENCES trial (exp_id, trial_id)
);
INSERT INTO "trial_status" VALUES('tune-db',1,'2025-01-01 12:00:00.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',1,'2025-01-01 12:00:10.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',1,'2025-01-01 12:00:20.000000','SUCCEEDED');
INSERT INTO "trial_status" VALUES('tune-db',2,'2025-01-01 12:01:00.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',2,'2025-01-01 12:01:10.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',2,'2025-01-01 12:01:20.000000','SUCCEEDED');
INSERT INTO "trial_status" VALUES('tune-db',3,'2025-01-01 12:02:00.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',3,'2025-01-01 12:02:10.000000','RUNNING');
INSERT INTO "trial_status" VALUES('tune-db',3,'2025-01-01 12:02:20.000000','SUCCEEDED');
CREATE TABLE trial_telemetry (
	exp_id VARCHAR(512) NOT NULL, 
	trial_id INTEGER NOT NULL, 
	ts DATETIME NOT NULL, 
	metric_id VARCHAR(512) NOT NULL, 
	metric_value VARCHAR(255), 
	UNIQUE (exp_id, trial_id, ts, metric_id), 
	FOREIGN KEY(exp_id, trial_id) REFERENCES trial (exp_id, trial_id)
);
INSERT INTO "trial_telemetry" VALUES('tune-db',1,'2025-01-01 12:00:10.000000','cpu','0.5');
INSERT INTO "trial_telemetry" VALUES('tune-db',1,'2025-01-01 12:00:10.000000','state','warm');
INSERT INTO "trial_telemetry" VALUES('tune-db',2,'2025-01-01 12:01:10.000000','cpu','1.5');
INSERT INTO "trial_telemetry" VALUES('tune-db',2,'2025-01-01 12:01:10.000000','state','warm');
INSERT INTO "trial_telemetry" VALUES('tune-db',3,'2025-01-01 12:02:10.000000','cpu','2.5');
INSERT INTO "trial_telemetry" VALUES('tune-db',3,'2025-01-01 12:02:10.000000','state','warm');
COMMIT;
