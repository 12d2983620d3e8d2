BEGIN TRANSACTION;
CREATE TABLE trialstore_experiment (
	experiment_key INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uid TEXT NOT NULL, 
	experiment_id TEXT NOT NULL, 
	description TEXT, 
	root_env_config TEXT, 
	git_repo TEXT, 
	git_commit TEXT, 
	objectives TEXT NOT NULL, 
	tunables TEXT, 
	max_attempts BIGINT, 
	next_trial_id BIGINT, 
	completions BIGINT NOT NULL, 
	UNIQUE (uid), 
	UNIQUE (experiment_id)
);
INSERT INTO "trialstore_experiment" VALUES(1,'ffffffffffffffffffffffffffffffff','tune-db','Größe des Caches:
	100% ''sicher''','environment.jsonc','https://example.org/tuning.git','0123456789abcdef0123456789abcdef01234567','[{"metric":"latency","direction":"min"},{"metric":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","direction":"max"}]','{"cache":{"cost":2,"params":{"cache_mb":{"type":"int","range":[1,4096],"default":64},"ratio":{"type":"float","range":[0.0,1.0],"default":0.1}}},"größe":{"cost":1,"params":{"mode":{"type":"categorical","values":["o''n","100%"],"default":"100%"}}}}',2,13,5);
INSERT INTO "trialstore_experiment" VALUES(2,'00000000000000000000000000000000','naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ','naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ',NULL,NULL,NULL,'[]',NULL,NULL,1009,6);
CREATE TABLE trialstore_history (
	history_key INTEGER NOT NULL, 
	experiment_key BIGINT NOT NULL, 
	trial_id BIGINT NOT NULL, 
	token TEXT, 
	ordinal BIGINT NOT NULL, 
	attempt BIGINT NOT NULL, 
	status SMALLINT, 
	ts BIGINT NOT NULL, 
	trial_runner_id BIGINT, 
	reason TEXT, 
	reported SMALLINT NOT NULL, 
	PRIMARY KEY (history_key), 
	UNIQUE (experiment_key, token, ordinal)
);
INSERT INTO "trialstore_history" VALUES(1,1,1,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(2,1,2,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(3,1,3,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(4,1,4,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(5,1,5,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(6,1,6,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(7,1,7,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(8,1,8,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(9,1,9,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(10,1,10,NULL,0,0,1,1795984554077865,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(11,1,11,NULL,0,0,1,1795984554077865,9,NULL,0);
INSERT INTO "trialstore_history" VALUES(12,1,12,NULL,0,0,1,1795984554082566,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(13,2,1000,NULL,0,0,4,-62135596799999999,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(14,2,1001,NULL,0,0,1,1795984554084928,-9223372036854775808,NULL,0);
INSERT INTO "trialstore_history" VALUES(15,2,1002,NULL,0,0,1,1795984554084928,9223372036854775807,NULL,0);
INSERT INTO "trialstore_history" VALUES(16,2,1003,NULL,0,0,1,1795984554084928,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(17,1,11,'lost',0,1,3,1795984554093409,9,NULL,0);
INSERT INTO "trialstore_history" VALUES(18,1,11,NULL,0,1,6,1795984554096187,9,'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ',0);
INSERT INTO "trialstore_history" VALUES(19,1,1,'three',0,1,3,1795984554099274,7,NULL,0);
INSERT INTO "trialstore_history" VALUES(20,1,2,'three',1,1,3,1795984554099274,7,NULL,0);
INSERT INTO "trialstore_history" VALUES(21,1,3,'three',2,1,3,1795984554099274,7,NULL,0);
INSERT INTO "trialstore_history" VALUES(22,1,1,'telemetry-1',0,1,3,1750000000123458,7,NULL,1);
INSERT INTO "trialstore_history" VALUES(23,1,2,'telemetry-2',0,1,3,1750000000123458,7,NULL,1);
INSERT INTO "trialstore_history" VALUES(24,1,4,'failed',0,0,6,1750003600123461,NULL,'it''s
naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ',0);
INSERT INTO "trialstore_history" VALUES(25,1,1,'succeeded',0,1,4,1750003600123458,7,NULL,0);
INSERT INTO "trialstore_history" VALUES(26,1,3,'released',0,1,1,1750003600123460,NULL,'released',0);
INSERT INTO "trialstore_history" VALUES(27,1,2,'taken-over',0,2,3,1795984554114623,8,'the lease expired',0);
INSERT INTO "trialstore_history" VALUES(28,1,2,'telemetry-3',0,2,3,1750000000123459,8,NULL,1);
INSERT INTO "trialstore_history" VALUES(29,1,5,'change-5',0,0,7,1750003600123462,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(30,1,6,'change-6',0,0,5,1750003600123463,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(31,1,7,'change-7',0,0,2,1750003600123464,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(32,1,8,'change-8',0,0,0,1750003600123465,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(33,1,12,'change-12',0,0,3,1750003600123469,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(34,1,9,'assigned',0,0,NULL,1750003600123466,5,NULL,0);
INSERT INTO "trialstore_history" VALUES(35,1,10,'described',0,0,NULL,1750003600123467,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(36,2,1004,NULL,0,0,4,1750003600123458,7,NULL,0);
INSERT INTO "trialstore_history" VALUES(37,2,1005,NULL,0,0,6,1750003600123461,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(38,2,1006,NULL,0,0,7,1750003600123462,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(39,2,1007,NULL,0,0,5,1750003600123463,NULL,NULL,0);
INSERT INTO "trialstore_history" VALUES(40,2,1008,NULL,0,0,6,1795984554096187,9,NULL,0);
CREATE TABLE trialstore_schema_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "trialstore_schema_version" VALUES('0003');
CREATE TABLE trialstore_telemetry (
	experiment_key BIGINT NOT NULL, 
	trial_id BIGINT NOT NULL, 
	attempt BIGINT NOT NULL, 
	ts BIGINT NOT NULL, 
	metric TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (experiment_key, trial_id, attempt, ts, metric)
)
 WITHOUT ROWID

;
INSERT INTO "trialstore_telemetry" VALUES(1,1,1,-62135596800000000,'first','1');
INSERT INTO "trialstore_telemetry" VALUES(1,1,1,1750000000123457,'cpu','0.5');
INSERT INTO "trialstore_telemetry" VALUES(1,1,1,1750000000123457,'state','"warm"');
INSERT INTO "trialstore_telemetry" VALUES(1,1,1,253402300799999999,'last','2');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,-62135596800000000,'first','1');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'-0.0','-0.0');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'-inf','"~-inf"');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'0.0','0.0');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'bool','true');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'empty','""');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'float','1.0');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'huge','1.7976931348623157e308');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'inf','"~inf"');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'int','1');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'largest','9223372036854775807');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'nan','"~nan"');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ','"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan "');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'none','null');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'smallest','-9223372036854775808');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'text','"1"');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'third','0.30000000000000004');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,1750000000123457,'tiny','5e-324');
INSERT INTO "trialstore_telemetry" VALUES(1,2,1,253402300799999999,'last','2');
INSERT INTO "trialstore_telemetry" VALUES(1,2,2,-62135596800000000,'first','1');
INSERT INTO "trialstore_telemetry" VALUES(1,2,2,1750000000123457,'nan','1');
INSERT INTO "trialstore_telemetry" VALUES(1,2,2,1750000000123457,'text','"~~"');
INSERT INTO "trialstore_telemetry" VALUES(1,2,2,253402300799999999,'last','2');
CREATE TABLE trialstore_trial (
	experiment_key BIGINT NOT NULL, 
	trial_id BIGINT NOT NULL, 
	tunable_config_id BIGINT NOT NULL, 
	token TEXT NOT NULL, 
	status SMALLINT NOT NULL, 
	due BIGINT NOT NULL, 
	ts_start BIGINT, 
	ts_end BIGINT, 
	trial_runner_id BIGINT, 
	attempt BIGINT NOT NULL, 
	expirations BIGINT NOT NULL, 
	lease_expires BIGINT, 
	completion BIGINT, 
	metadata TEXT NOT NULL, 
	metrics TEXT, 
	PRIMARY KEY (experiment_key, trial_id), 
	UNIQUE (experiment_key, token)
);
INSERT INTO "trialstore_trial" VALUES(1,1,3,'tune-1',4,1750000000123458,1795984554099274,1750003600123458,7,1,0,NULL,3,'{}','{"latency":12.5,"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":-0.0}');
INSERT INTO "trialstore_trial" VALUES(1,2,6,'tune-2',3,1750000000123459,1795984554114623,NULL,8,2,1,1795991754115795,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,3,4,'tune-3',1,1750000000123460,NULL,NULL,NULL,1,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,4,1,'tune-4',6,1750000000123461,NULL,1750003600123461,NULL,0,0,NULL,2,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,5,9,'tune-5',7,1750000000123462,NULL,1750003600123462,NULL,0,0,NULL,4,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,6,7,'tune-6',5,1750000000123463,NULL,1750003600123463,NULL,0,0,NULL,5,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,7,11,'tune-7',2,1750000000123464,NULL,NULL,NULL,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,8,10,'tune-8',0,1750000000123465,NULL,NULL,NULL,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,9,2,'tune-9',1,4000000000000000,NULL,NULL,5,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,10,5,'tune-10',1,1750000000123467,NULL,NULL,NULL,0,0,NULL,NULL,'{"host":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","repeat_i":2}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,11,8,'tune-11',6,1750000000123456,1795984554093409,1795984554096187,9,1,1,NULL,1,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(1,12,12,'tune-12',3,1750000000123469,NULL,NULL,NULL,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1000,14,'extreme-1',4,-62135596800000000,-62135596800000000,-62135596799999999,NULL,0,0,NULL,1,'{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[null,-0.0,9223372036854775807,"~~inf"]}],"repeat_i":1}','{"-0.0":-0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO "trialstore_trial" VALUES(2,1001,14,'extreme-2',1,253402300799999999,NULL,NULL,-9223372036854775808,0,0,NULL,NULL,'{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[null,-0.0,9223372036854775807,"~~inf"]}],"repeat_i":1}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1002,15,'extreme-3',1,1750000000123457,NULL,NULL,9223372036854775807,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1003,13,'extreme-4',1,1750000000123457,NULL,NULL,NULL,0,0,NULL,NULL,'{}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1004,3,'56799fdc8be2021821afb0569908095efe559946bb0bdd3a01f5f45b297bd164',4,1750000000123458,1795984554099274,1750003600123458,7,0,0,NULL,2,'{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":1}}','{"latency":12.5,"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":-0.0}');
INSERT INTO "trialstore_trial" VALUES(2,1005,1,'ea12670471c8e0294abbeb45c76c44d6d04e54dc12e4716ee769f473e493b4c0',6,1750000000123461,NULL,1750003600123461,NULL,0,0,NULL,3,'{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":4}}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1006,9,'4860d60c5d406d9c3759e9fa955f3ecbbfaf4e5e16587d77bc9cd5b102265980',7,1750000000123462,NULL,1750003600123462,NULL,0,0,NULL,4,'{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":5}}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1007,7,'b397083de4f8d142a884d596d3e921c652c935da592651eae8302d4315e63af5',5,1750000000123463,NULL,1750003600123463,NULL,0,0,NULL,5,'{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":6}}',NULL);
INSERT INTO "trialstore_trial" VALUES(2,1008,8,'6ac75678dd4ce8dd38d5bbe69e1cb55a062cc4413b4e991a5144b7ecb585b4fc',6,1750000000123456,1795984554093409,1795984554096187,9,0,0,NULL,6,'{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":11}}',NULL);
CREATE TABLE trialstore_tunable_config (
	tunable_config_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	hash TEXT NOT NULL, 
	params TEXT NOT NULL, 
	UNIQUE (hash)
);
INSERT INTO "trialstore_tunable_config" VALUES(1,'05b5db7fa916e1d313cb171f4d40cf3485f88f285ca46ee97b56443448239191','{"cache_mb":16,"mode":"100%","ratio":0.5714285714285714}');
INSERT INTO "trialstore_tunable_config" VALUES(2,'1c401fa454dadb0133524b247810fed7603e0bb60df8e5be968f3220734276f6','{"cache_mb":512,"mode":"o''n","ratio":1.2857142857142858}');
INSERT INTO "trialstore_tunable_config" VALUES(3,'26575fbb7d1139f9f4f61b4ba1c2479ca1e5af0a037f422fa660a5a51b25758e','{"cache_mb":2,"mode":"o''n","ratio":0.14285714285714285}');
INSERT INTO "trialstore_tunable_config" VALUES(4,'3136fa9e4a4c7c09bc149e0b09d89bac24ae4839e3dbbf7f22593d11fd6fd199','{"cache_mb":8,"mode":"o''n","ratio":0.42857142857142855}');
INSERT INTO "trialstore_tunable_config" VALUES(5,'460f379ecc23d195e3d4b5dc93bfe8bbf6c94f569930d183009c3f49088241bd','{"cache_mb":1,"mode":"100%","ratio":1.4285714285714286}');
INSERT INTO "trialstore_tunable_config" VALUES(6,'84aa45a1a61fbcfa2d19760758a33a38f69ef561ecb68a1ea0924567f00b5906','{"cache_mb":4,"mode":"100%","ratio":0.2857142857142857}');
INSERT INTO "trialstore_tunable_config" VALUES(7,'8b35f9be366fae56e4e48b3e4dd27cfd2eae751217006937106322cdcc8dd8f2','{"cache_mb":64,"mode":"100%","ratio":0.8571428571428571}');
INSERT INTO "trialstore_tunable_config" VALUES(8,'bd92570b31f439b5b949f0e22b2c5a17dd0a424dae91729b3009282a0cead9d8','{"cache_mb":2,"mode":"o''n","ratio":1.5714285714285714}');
INSERT INTO "trialstore_tunable_config" VALUES(9,'dfbe8e5a69b87fbf056e08e8e600349e53932af969ea6f06928f9d05af1b838f','{"cache_mb":32,"mode":"o''n","ratio":0.7142857142857143}');
INSERT INTO "trialstore_tunable_config" VALUES(10,'e2d0a9068a07c7493e7cda4d5ded844c3f18ab5a683355e64ad8ae89bb9369c5','{"cache_mb":256,"mode":"100%","ratio":1.1428571428571428}');
INSERT INTO "trialstore_tunable_config" VALUES(11,'fd90b49d1388fc20adbe7ba3e1a8eb6acb4c6347023704dfbbd85285c4aae85b','{"cache_mb":128,"mode":"o''n","ratio":1.0}');
INSERT INTO "trialstore_tunable_config" VALUES(12,'c184277536962ebac45351719cf80af7646ea624e7f5e66522ab4bc4ac9f201e','{"cache_mb":4,"mode":"100%","ratio":1.7142857142857142}');
INSERT INTO "trialstore_tunable_config" VALUES(13,'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a','{}');
INSERT INTO "trialstore_tunable_config" VALUES(14,'95b13f3b86b506dce94715f6e0cd650675251dcf3abc029778127077fbd13587','{"-0.0":-0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO "trialstore_tunable_config" VALUES(15,'ce4c37c65fddc500b248797fe8e7dad8856c825b615cd12531f08aaa1906f909','{"-0.0":0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO "trialstore_tunable_config" VALUES(16,'b004ab8f934ed7eec4abac5484dbefd9e94d1af8a5c25df524c23121111c2ad9','{"gone":true}');
CREATE INDEX trialstore_trial_queue ON trialstore_trial (experiment_key, status, trial_runner_id, due, trial_id);
CREATE INDEX trialstore_trial_config ON trialstore_trial (experiment_key, tunable_config_id, trial_id);
CREATE INDEX trialstore_trial_lease ON trialstore_trial (experiment_key, lease_expires) WHERE lease_expires IS NOT NULL;
CREATE INDEX trialstore_trial_completion ON trialstore_trial (experiment_key, completion) WHERE completion IS NOT NULL;
CREATE INDEX trialstore_history_order ON trialstore_history (experiment_key, trial_id, history_key);
CREATE VIEW "trialstore_trial_params" AS
SELECT experiment_id, trial_id, tunable_config_id, name AS param,
  CASE WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN 'float' ELSE kind END AS type,
  CASE WHEN kind IN ('int', 'float') THEN CAST(raw AS DOUBLE)
    WHEN kind = 'bool' THEN CASE raw WHEN 'true' THEN 1.0 ELSE 0.0 END
    WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN CASE raw WHEN '~inf' THEN 9e999 WHEN '~-inf' THEN -9e999 END
  END AS number,
  CASE WHEN kind = 'str' AND SUBSTR(raw, 1, 1) = '~' THEN SUBSTR(raw, 2) ELSE raw END AS text
FROM (
  SELECT e.experiment_id, t.trial_id, t.tunable_config_id,
    item.key AS name,
    CASE item.type WHEN 'integer' THEN 'int' WHEN 'real' THEN 'float' WHEN 'text' THEN 'str'
      WHEN 'null' THEN 'null' ELSE 'bool' END AS kind,
    CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
      WHEN 'real' THEN TRIM(json_extract(item.json, item.fullkey, '$[0]'), '[,nul]')
      ELSE CAST(item.value AS TEXT) END AS raw
  FROM "trialstore_experiment" AS e
  JOIN "trialstore_trial" AS t ON t.experiment_key = e.experiment_key
  JOIN "trialstore_tunable_config" AS c ON c.tunable_config_id = t.tunable_config_id
  CROSS JOIN json_each(REPLACE(REPLACE(c.params, '\\', '\u005c'), '\"', '\u0022')) AS item
) AS unfolded;
CREATE VIEW "trialstore_trial_metrics" AS
SELECT experiment_id, trial_id, tunable_config_id, name AS metric,
  CASE WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN 'float' ELSE kind END AS type,
  CASE WHEN kind IN ('int', 'float') THEN CAST(raw AS DOUBLE)
    WHEN kind = 'bool' THEN CASE raw WHEN 'true' THEN 1.0 ELSE 0.0 END
    WHEN kind = 'str' AND raw IN ('~nan', '~inf', '~-inf') THEN CASE raw WHEN '~inf' THEN 9e999 WHEN '~-inf' THEN -9e999 END
  END AS number,
  CASE WHEN kind = 'str' AND SUBSTR(raw, 1, 1) = '~' THEN SUBSTR(raw, 2) ELSE raw END AS text
FROM (
  SELECT e.experiment_id, t.trial_id, t.tunable_config_id,
    item.key AS name,
    CASE item.type WHEN 'integer' THEN 'int' WHEN 'real' THEN 'float' WHEN 'text' THEN 'str'
      WHEN 'null' THEN 'null' ELSE 'bool' END AS kind,
    CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
      WHEN 'real' THEN TRIM(json_extract(item.json, item.fullkey, '$[0]'), '[,nul]')
      ELSE CAST(item.value AS TEXT) END AS raw
  FROM "trialstore_experiment" AS e
  JOIN "trialstore_trial" AS t ON t.experiment_key = e.experiment_key
  CROSS JOIN json_each(REPLACE(REPLACE(t.metrics, '\\', '\u005c'), '\"', '\u0022')) AS item
) AS unfolded;
CREATE VIEW "trialstore_trials" AS
SELECT e.experiment_id, t.trial_id, t.tunable_config_id,
  CASE t.status
    WHEN 0 THEN 'UNKNOWN'
    WHEN 1 THEN 'PENDING'
    WHEN 2 THEN 'READY'
    WHEN 3 THEN 'RUNNING'
    WHEN 4 THEN 'SUCCEEDED'
    WHEN 5 THEN 'CANCELED'
    WHEN 6 THEN 'FAILED'
    WHEN 7 THEN 'TIMED_OUT'
  END AS status,
  datetime((t.due + 62135596800000000) / 1000000 - 62135596800, 'unixepoch')
    || '.' || SUBSTR(1000000 + (t.due + 62135596800000000) % 1000000, 2) AS ts_due,
  datetime((COALESCE(t.ts_start, t.due) + 62135596800000000) / 1000000 - 62135596800, 'unixepoch')
    || '.' || SUBSTR(1000000 + (COALESCE(t.ts_start, t.due) + 62135596800000000) % 1000000, 2) AS ts_start,
  datetime((t.ts_end + 62135596800000000) / 1000000 - 62135596800, 'unixepoch')
    || '.' || SUBSTR(1000000 + (t.ts_end + 62135596800000000) % 1000000, 2) AS ts_end,
  t.trial_runner_id, t.attempt,
  c.params AS params, t.metadata AS metadata, t.metrics AS metrics
FROM "trialstore_experiment" AS e
JOIN "trialstore_trial" AS t ON t.experiment_key = e.experiment_key
JOIN "trialstore_tunable_config" AS c ON c.tunable_config_id = t.tunable_config_id;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('trialstore_experiment',3);
INSERT INTO "sqlite_sequence" VALUES('trialstore_tunable_config',21);
COMMIT;
