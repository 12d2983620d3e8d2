CREATE TABLE `trialstore_experiment` (
  `experiment_key` bigint(20) NOT NULL AUTO_INCREMENT,
  `uid` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `experiment_id` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `description` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `root_env_config` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `git_repo` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `git_commit` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `objectives` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `tunables` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `max_attempts` bigint(20) DEFAULT NULL,
  `next_trial_id` bigint(20) DEFAULT NULL,
  `completions` bigint(20) NOT NULL,
  PRIMARY KEY (`experiment_key`),
  UNIQUE KEY `uid` (`uid`),
  UNIQUE KEY `experiment_id` (`experiment_id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=DYNAMIC;
INSERT INTO trialstore_experiment VALUES (1, 'ffffffffffffffffffffffffffffffff', 'tune-db', 'Größe des Caches:\n	100% \'sicher\'', 'environment.jsonc', 'https://example.org/tuning.git', '0123456789abcdef0123456789abcdef01234567', '[{\"metric\":\"latency\",\"direction\":\"min\"},{\"metric\":\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \",\"direction\":\"max\"}]', '{\"cache\":{\"cost\":2,\"params\":{\"cache_mb\":{\"type\":\"int\",\"range\":[1,4096],\"default\":64},\"ratio\":{\"type\":\"float\",\"range\":[0.0,1.0],\"default\":0.1}}},\"größe\":{\"cost\":1,\"params\":{\"mode\":{\"type\":\"categorical\",\"values\":[\"o\'n\",\"100%\"],\"default\":\"100%\"}}}}', 2, 13, 5);
INSERT INTO trialstore_experiment VALUES (2, '00000000000000000000000000000000', 'naïve \'x\' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\\' --; /* 漢字 🚀 é é ~nan ', 'naïve \'x\' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\\' --; /* 漢字 🚀 é é ~nan ', NULL, NULL, NULL, '[]', NULL, NULL, 1009, 6);
CREATE TABLE `trialstore_history` (
  `history_key` bigint(20) NOT NULL AUTO_INCREMENT,
  `experiment_key` bigint(20) NOT NULL,
  `trial_id` bigint(20) NOT NULL,
  `token` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `ordinal` bigint(20) NOT NULL,
  `attempt` bigint(20) NOT NULL,
  `status` smallint(6) DEFAULT NULL,
  `ts` bigint(20) NOT NULL,
  `trial_runner_id` bigint(20) DEFAULT NULL,
  `reason` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  `reported` smallint(6) NOT NULL,
  PRIMARY KEY (`history_key`),
  UNIQUE KEY `experiment_key` (`experiment_key`,`token`,`ordinal`),
  KEY `trialstore_history_order` (`experiment_key`,`trial_id`,`history_key`)
) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=DYNAMIC;
INSERT INTO trialstore_history VALUES (1, 1, 1, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (2, 1, 2, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (3, 1, 3, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (4, 1, 4, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (5, 1, 5, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (6, 1, 6, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (7, 1, 7, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (8, 1, 8, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (9, 1, 9, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (10, 1, 10, NULL, 0, 0, 1, 1795984559323354, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (11, 1, 11, NULL, 0, 0, 1, 1795984559323354, 9, NULL, 0);
INSERT INTO trialstore_history VALUES (12, 1, 12, NULL, 0, 0, 1, 1795984559330565, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (13, 2, 1000, NULL, 0, 0, 4, -62135596799999999, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (14, 2, 1001, NULL, 0, 0, 1, 1795984559334127, -9223372036854775808, NULL, 0);
INSERT INTO trialstore_history VALUES (15, 2, 1002, NULL, 0, 0, 1, 1795984559334127, 9223372036854775807, NULL, 0);
INSERT INTO trialstore_history VALUES (16, 2, 1003, NULL, 0, 0, 1, 1795984559334127, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (17, 1, 11, 'lost', 0, 1, 3, 1795984559343248, 9, NULL, 0);
INSERT INTO trialstore_history VALUES (18, 1, 11, NULL, 0, 1, 6, 1795984559351180, 9, 'naïve \'x\' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\\' --; /* 漢字 🚀 é é ~nan ', 0);
INSERT INTO trialstore_history VALUES (19, 1, 1, 'three', 0, 1, 3, 1795984559355643, 7, NULL, 0);
INSERT INTO trialstore_history VALUES (20, 1, 2, 'three', 1, 1, 3, 1795984559355643, 7, NULL, 0);
INSERT INTO trialstore_history VALUES (21, 1, 3, 'three', 2, 1, 3, 1795984559355643, 7, NULL, 0);
INSERT INTO trialstore_history VALUES (22, 1, 1, 'telemetry-1', 0, 1, 3, 1750000000123458, 7, NULL, 1);
INSERT INTO trialstore_history VALUES (23, 1, 2, 'telemetry-2', 0, 1, 3, 1750000000123458, 7, NULL, 1);
INSERT INTO trialstore_history VALUES (24, 1, 4, 'failed', 0, 0, 6, 1750003600123461, NULL, 'it\'s\nnaïve \'x\' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\\' --; /* 漢字 🚀 é é ~nan ', 0);
INSERT INTO trialstore_history VALUES (25, 1, 1, 'succeeded', 0, 1, 4, 1750003600123458, 7, NULL, 0);
INSERT INTO trialstore_history VALUES (26, 1, 3, 'released', 0, 1, 1, 1750003600123460, NULL, 'released', 0);
INSERT INTO trialstore_history VALUES (27, 1, 2, 'taken-over', 0, 2, 3, 1795984559382263, 8, 'the lease expired', 0);
INSERT INTO trialstore_history VALUES (28, 1, 2, 'telemetry-3', 0, 2, 3, 1750000000123459, 8, NULL, 1);
INSERT INTO trialstore_history VALUES (29, 1, 5, 'change-5', 0, 0, 7, 1750003600123462, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (30, 1, 6, 'change-6', 0, 0, 5, 1750003600123463, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (31, 1, 7, 'change-7', 0, 0, 2, 1750003600123464, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (32, 1, 8, 'change-8', 0, 0, 0, 1750003600123465, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (33, 1, 12, 'change-12', 0, 0, 3, 1750003600123469, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (34, 1, 9, 'assigned', 0, 0, NULL, 1750003600123466, 5, NULL, 0);
INSERT INTO trialstore_history VALUES (35, 1, 10, 'described', 0, 0, NULL, 1750003600123467, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (37, 2, 1004, NULL, 0, 0, 4, 1750003600123458, 7, NULL, 0);
INSERT INTO trialstore_history VALUES (38, 2, 1005, NULL, 0, 0, 6, 1750003600123461, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (39, 2, 1006, NULL, 0, 0, 7, 1750003600123462, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (40, 2, 1007, NULL, 0, 0, 5, 1750003600123463, NULL, NULL, 0);
INSERT INTO trialstore_history VALUES (41, 2, 1008, NULL, 0, 0, 6, 1795984559351180, 9, NULL, 0);
CREATE TABLE `trialstore_schema_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO trialstore_schema_version VALUES ('0003');
CREATE TABLE `trialstore_telemetry` (
  `experiment_key` bigint(20) NOT NULL,
  `trial_id` bigint(20) NOT NULL,
  `attempt` bigint(20) NOT NULL,
  `ts` bigint(20) NOT NULL,
  `metric` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `value` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  PRIMARY KEY (`experiment_key`,`trial_id`,`attempt`,`ts`,`metric`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=DYNAMIC;
INSERT INTO trialstore_telemetry VALUES (1, 1, 1, -62135596800000000, 'first', '1');
INSERT INTO trialstore_telemetry VALUES (1, 1, 1, 1750000000123457, 'cpu', '0.5');
INSERT INTO trialstore_telemetry VALUES (1, 1, 1, 1750000000123457, 'state', '\"warm\"');
INSERT INTO trialstore_telemetry VALUES (1, 1, 1, 253402300799999999, 'last', '2');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, -62135596800000000, 'first', '1');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '-0.0', '-0.0');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '-inf', '\"~-inf\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '0.0', '0.0');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'bool', 'true');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'empty', '\"\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'float', '1.0');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'huge', '1.7976931348623157e308');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'inf', '\"~inf\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'int', '1');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'largest', '9223372036854775807');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'nan', '\"~nan\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'naïve \'x\' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\\' --; /* 漢字 🚀 é é ~nan ', '\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'none', 'null');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'smallest', '-9223372036854775808');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'text', '\"1\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'third', '0.30000000000000004');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'tiny', '5e-324');
INSERT INTO trialstore_telemetry VALUES (1, 2, 1, 253402300799999999, 'last', '2');
INSERT INTO trialstore_telemetry VALUES (1, 2, 2, -62135596800000000, 'first', '1');
INSERT INTO trialstore_telemetry VALUES (1, 2, 2, 1750000000123457, 'nan', '1');
INSERT INTO trialstore_telemetry VALUES (1, 2, 2, 1750000000123457, 'text', '\"~~\"');
INSERT INTO trialstore_telemetry VALUES (1, 2, 2, 253402300799999999, 'last', '2');
CREATE TABLE `trialstore_trial` (
  `experiment_key` bigint(20) NOT NULL,
  `trial_id` bigint(20) NOT NULL,
  `tunable_config_id` bigint(20) NOT NULL,
  `token` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `status` smallint(6) NOT NULL,
  `due` bigint(20) NOT NULL,
  `ts_start` bigint(20) DEFAULT NULL,
  `ts_end` bigint(20) DEFAULT NULL,
  `trial_runner_id` bigint(20) DEFAULT NULL,
  `attempt` bigint(20) NOT NULL,
  `expirations` bigint(20) NOT NULL,
  `lease_expires` bigint(20) DEFAULT NULL,
  `completion` bigint(20) DEFAULT NULL,
  `metadata` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `metrics` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin DEFAULT NULL,
  PRIMARY KEY (`experiment_key`,`trial_id`),
  UNIQUE KEY `experiment_key` (`experiment_key`,`token`),
  KEY `trialstore_trial_queue` (`experiment_key`,`status`,`trial_runner_id`,`due`,`trial_id`),
  KEY `trialstore_trial_config` (`experiment_key`,`tunable_config_id`,`trial_id`),
  KEY `trialstore_trial_lease` (`experiment_key`,`lease_expires`),
  KEY `trialstore_trial_completion` (`experiment_key`,`completion`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=DYNAMIC;
INSERT INTO trialstore_trial VALUES (1, 1, 3, 'tune-1', 4, 1750000000123458, 1795984559355643, 1750003600123458, 7, 1, 0, NULL, 3, '{}', '{\"latency\":12.5,\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":-0.0}');
INSERT INTO trialstore_trial VALUES (1, 2, 6, 'tune-2', 3, 1750000000123459, 1795984559382263, NULL, 8, 2, 1, 1795991759387185, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 3, 4, 'tune-3', 1, 1750000000123460, NULL, NULL, NULL, 1, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 4, 1, 'tune-4', 6, 1750000000123461, NULL, 1750003600123461, NULL, 0, 0, NULL, 2, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 5, 9, 'tune-5', 7, 1750000000123462, NULL, 1750003600123462, NULL, 0, 0, NULL, 4, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 6, 7, 'tune-6', 5, 1750000000123463, NULL, 1750003600123463, NULL, 0, 0, NULL, 5, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 7, 11, 'tune-7', 2, 1750000000123464, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 8, 10, 'tune-8', 0, 1750000000123465, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 9, 2, 'tune-9', 1, 4000000000000000, NULL, NULL, 5, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 10, 5, 'tune-10', 1, 1750000000123467, NULL, NULL, NULL, 0, 0, NULL, NULL, '{\"host\":\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \",\"repeat_i\":2}', NULL);
INSERT INTO trialstore_trial VALUES (1, 11, 8, 'tune-11', 6, 1750000000123456, 1795984559343248, 1795984559351180, 9, 1, 1, NULL, 1, '{}', NULL);
INSERT INTO trialstore_trial VALUES (1, 12, 12, 'tune-12', 3, 1750000000123469, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1000, 14, 'extreme-1', 4, -62135596800000000, -62135596800000000, -62135596799999999, NULL, 0, 0, NULL, 1, '{\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":[{\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":[null,-0.0,9223372036854775807,\"~~inf\"]}],\"repeat_i\":1}', '{\"-0.0\":-0.0,\"-inf\":\"~-inf\",\"0.0\":0.0,\"bool\":true,\"empty\":\"\",\"float\":1.0,\"huge\":1.7976931348623157e308,\"inf\":\"~inf\",\"int\":1,\"largest\":9223372036854775807,\"nan\":\"~nan\",\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \",\"none\":null,\"smallest\":-9223372036854775808,\"text\":\"1\",\"third\":0.30000000000000004,\"tiny\":5e-324}');
INSERT INTO trialstore_trial VALUES (2, 1001, 14, 'extreme-2', 1, 253402300799999999, NULL, NULL, -9223372036854775808, 0, 0, NULL, NULL, '{\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":[{\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":[null,-0.0,9223372036854775807,\"~~inf\"]}],\"repeat_i\":1}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1002, 15, 'extreme-3', 1, 1750000000123457, NULL, NULL, 9223372036854775807, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1003, 13, 'extreme-4', 1, 1750000000123457, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1004, 3, '56799fdc8be2021821afb0569908095efe559946bb0bdd3a01f5f45b297bd164', 4, 1750000000123458, 1795984559355643, 1750003600123458, 7, 0, 0, NULL, 2, '{\"merged_from\":{\"experiment_id\":\"tune-db\",\"experiment_uid\":\"ffffffffffffffffffffffffffffffff\",\"trial_id\":1}}', '{\"latency\":12.5,\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":-0.0}');
INSERT INTO trialstore_trial VALUES (2, 1005, 1, 'ea12670471c8e0294abbeb45c76c44d6d04e54dc12e4716ee769f473e493b4c0', 6, 1750000000123461, NULL, 1750003600123461, NULL, 0, 0, NULL, 3, '{\"merged_from\":{\"experiment_id\":\"tune-db\",\"experiment_uid\":\"ffffffffffffffffffffffffffffffff\",\"trial_id\":4}}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1006, 9, '4860d60c5d406d9c3759e9fa955f3ecbbfaf4e5e16587d77bc9cd5b102265980', 7, 1750000000123462, NULL, 1750003600123462, NULL, 0, 0, NULL, 4, '{\"merged_from\":{\"experiment_id\":\"tune-db\",\"experiment_uid\":\"ffffffffffffffffffffffffffffffff\",\"trial_id\":5}}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1007, 7, 'b397083de4f8d142a884d596d3e921c652c935da592651eae8302d4315e63af5', 5, 1750000000123463, NULL, 1750003600123463, NULL, 0, 0, NULL, 5, '{\"merged_from\":{\"experiment_id\":\"tune-db\",\"experiment_uid\":\"ffffffffffffffffffffffffffffffff\",\"trial_id\":6}}', NULL);
INSERT INTO trialstore_trial VALUES (2, 1008, 8, '6ac75678dd4ce8dd38d5bbe69e1cb55a062cc4413b4e991a5144b7ecb585b4fc', 6, 1750000000123456, 1795984559343248, 1795984559351180, 9, 0, 0, NULL, 6, '{\"merged_from\":{\"experiment_id\":\"tune-db\",\"experiment_uid\":\"ffffffffffffffffffffffffffffffff\",\"trial_id\":11}}', NULL);
CREATE TABLE `trialstore_tunable_config` (
  `tunable_config_id` bigint(20) NOT NULL AUTO_INCREMENT,
  `hash` varchar(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  `params` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  PRIMARY KEY (`tunable_config_id`),
  UNIQUE KEY `hash` (`hash`)
) ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=DYNAMIC;
INSERT INTO trialstore_tunable_config VALUES (1, '05b5db7fa916e1d313cb171f4d40cf3485f88f285ca46ee97b56443448239191', '{\"cache_mb\":16,\"mode\":\"100%\",\"ratio\":0.5714285714285714}');
INSERT INTO trialstore_tunable_config VALUES (2, '1c401fa454dadb0133524b247810fed7603e0bb60df8e5be968f3220734276f6', '{\"cache_mb\":512,\"mode\":\"o\'n\",\"ratio\":1.2857142857142858}');
INSERT INTO trialstore_tunable_config VALUES (3, '26575fbb7d1139f9f4f61b4ba1c2479ca1e5af0a037f422fa660a5a51b25758e', '{\"cache_mb\":2,\"mode\":\"o\'n\",\"ratio\":0.14285714285714285}');
INSERT INTO trialstore_tunable_config VALUES (4, '3136fa9e4a4c7c09bc149e0b09d89bac24ae4839e3dbbf7f22593d11fd6fd199', '{\"cache_mb\":8,\"mode\":\"o\'n\",\"ratio\":0.42857142857142855}');
INSERT INTO trialstore_tunable_config VALUES (5, '460f379ecc23d195e3d4b5dc93bfe8bbf6c94f569930d183009c3f49088241bd', '{\"cache_mb\":1,\"mode\":\"100%\",\"ratio\":1.4285714285714286}');
INSERT INTO trialstore_tunable_config VALUES (6, '84aa45a1a61fbcfa2d19760758a33a38f69ef561ecb68a1ea0924567f00b5906', '{\"cache_mb\":4,\"mode\":\"100%\",\"ratio\":0.2857142857142857}');
INSERT INTO trialstore_tunable_config VALUES (7, '8b35f9be366fae56e4e48b3e4dd27cfd2eae751217006937106322cdcc8dd8f2', '{\"cache_mb\":64,\"mode\":\"100%\",\"ratio\":0.8571428571428571}');
INSERT INTO trialstore_tunable_config VALUES (8, 'bd92570b31f439b5b949f0e22b2c5a17dd0a424dae91729b3009282a0cead9d8', '{\"cache_mb\":2,\"mode\":\"o\'n\",\"ratio\":1.5714285714285714}');
INSERT INTO trialstore_tunable_config VALUES (9, 'dfbe8e5a69b87fbf056e08e8e600349e53932af969ea6f06928f9d05af1b838f', '{\"cache_mb\":32,\"mode\":\"o\'n\",\"ratio\":0.7142857142857143}');
INSERT INTO trialstore_tunable_config VALUES (10, 'e2d0a9068a07c7493e7cda4d5ded844c3f18ab5a683355e64ad8ae89bb9369c5', '{\"cache_mb\":256,\"mode\":\"100%\",\"ratio\":1.1428571428571428}');
INSERT INTO trialstore_tunable_config VALUES (11, 'fd90b49d1388fc20adbe7ba3e1a8eb6acb4c6347023704dfbbd85285c4aae85b', '{\"cache_mb\":128,\"mode\":\"o\'n\",\"ratio\":1.0}');
INSERT INTO trialstore_tunable_config VALUES (12, 'c184277536962ebac45351719cf80af7646ea624e7f5e66522ab4bc4ac9f201e', '{\"cache_mb\":4,\"mode\":\"100%\",\"ratio\":1.7142857142857142}');
INSERT INTO trialstore_tunable_config VALUES (13, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}');
INSERT INTO trialstore_tunable_config VALUES (14, '95b13f3b86b506dce94715f6e0cd650675251dcf3abc029778127077fbd13587', '{\"-0.0\":-0.0,\"-inf\":\"~-inf\",\"0.0\":0.0,\"bool\":true,\"empty\":\"\",\"float\":1.0,\"huge\":1.7976931348623157e308,\"inf\":\"~inf\",\"int\":1,\"largest\":9223372036854775807,\"nan\":\"~nan\",\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \",\"none\":null,\"smallest\":-9223372036854775808,\"text\":\"1\",\"third\":0.30000000000000004,\"tiny\":5e-324}');
INSERT INTO trialstore_tunable_config VALUES (15, 'ce4c37c65fddc500b248797fe8e7dad8856c825b615cd12531f08aaa1906f909', '{\"-0.0\":0.0,\"-inf\":\"~-inf\",\"0.0\":0.0,\"bool\":true,\"empty\":\"\",\"float\":1.0,\"huge\":1.7976931348623157e308,\"inf\":\"~inf\",\"int\":1,\"largest\":9223372036854775807,\"nan\":\"~nan\",\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \":\"naïve \'x\' \\\"y\\\" `z` 100% %s %(s)s {s} $1 :a ? \\\\ \\\\n \\\\\' --; /* 漢字 🚀 é é ~nan \",\"none\":null,\"smallest\":-9223372036854775808,\"text\":\"1\",\"third\":0.30000000000000004,\"tiny\":5e-324}');
INSERT INTO trialstore_tunable_config VALUES (16, 'b004ab8f934ed7eec4abac5484dbefd9e94d1af8a5c25df524c23121111c2ad9', '{\"gone\":true}');
CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW `trialstore_trial_metrics` AS select `unfolded`.`experiment_id` AS `experiment_id`,`unfolded`.`trial_id` AS `trial_id`,`unfolded`.`tunable_config_id` AS `tunable_config_id`,`unfolded`.`name` collate utf8mb4_nopad_bin AS `metric`,case when `unfolded`.`kind` = 'str' and `unfolded`.`raw` in ('~nan','~inf','~-inf') then 'float' else `unfolded`.`kind` end collate utf8mb4_nopad_bin AS `type`,case when `unfolded`.`kind` in ('int','float') then cast(`unfolded`.`raw` as double) when `unfolded`.`kind` = 'bool' then case `unfolded`.`raw` when 'true' then 1.0 else 0.0 end when `unfolded`.`kind` = 'str' and `unfolded`.`raw` in ('~nan','~inf','~-inf') then NULL end AS `number`,case when `unfolded`.`kind` = 'str' and substr(`unfolded`.`raw`,1,1) = '~' then substr(`unfolded`.`raw`,2) else `unfolded`.`raw` end collate utf8mb4_nopad_bin AS `text` from (select `e`.`experiment_id` AS `experiment_id`,`t`.`trial_id` AS `trial_id`,`t`.`tunable_config_id` AS `tunable_config_id`,`k`.`name` AS `name`,case json_type(`v`.`value`) when 'STRING' then 'str' when 'BOOLEAN' then 'bool' when 'DOUBLE' then 'float' when 'INTEGER' then case when locate('e',`v`.`value`) > 0 then 'float' else 'int' end else 'null' end AS `kind`,case when json_type(`v`.`value`) <> 'NULL' then json_unquote(`v`.`value`) end AS `raw` from (((`trialstore_experiment` `e` join `trialstore_trial` `t` on(`t`.`experiment_key` = `e`.`experiment_key`)) join JSON_TABLE(json_keys(`t`.`metrics`), '$[*]' COLUMNS (`place` FOR ORDINALITY, `name` varchar(512) CHARSET utf8mb4 COLLATE utf8mb4_general_ci PATH '$')) `k`) join JSON_TABLE(`t`.`metrics`, '$.*' COLUMNS (`place` FOR ORDINALITY, `value`  JSON  PATH '$')) `v` on(`v`.`place` = `k`.`place`))) `unfolded`;
CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW `trialstore_trial_params` AS select `unfolded`.`experiment_id` AS `experiment_id`,`unfolded`.`trial_id` AS `trial_id`,`unfolded`.`tunable_config_id` AS `tunable_config_id`,`unfolded`.`name` collate utf8mb4_nopad_bin AS `param`,case when `unfolded`.`kind` = 'str' and `unfolded`.`raw` in ('~nan','~inf','~-inf') then 'float' else `unfolded`.`kind` end collate utf8mb4_nopad_bin AS `type`,case when `unfolded`.`kind` in ('int','float') then cast(`unfolded`.`raw` as double) when `unfolded`.`kind` = 'bool' then case `unfolded`.`raw` when 'true' then 1.0 else 0.0 end when `unfolded`.`kind` = 'str' and `unfolded`.`raw` in ('~nan','~inf','~-inf') then NULL end AS `number`,case when `unfolded`.`kind` = 'str' and substr(`unfolded`.`raw`,1,1) = '~' then substr(`unfolded`.`raw`,2) else `unfolded`.`raw` end collate utf8mb4_nopad_bin AS `text` from (select `e`.`experiment_id` AS `experiment_id`,`t`.`trial_id` AS `trial_id`,`t`.`tunable_config_id` AS `tunable_config_id`,`k`.`name` AS `name`,case json_type(`v`.`value`) when 'STRING' then 'str' when 'BOOLEAN' then 'bool' when 'DOUBLE' then 'float' when 'INTEGER' then case when locate('e',`v`.`value`) > 0 then 'float' else 'int' end else 'null' end AS `kind`,case when json_type(`v`.`value`) <> 'NULL' then json_unquote(`v`.`value`) end AS `raw` from ((((`trialstore_experiment` `e` join `trialstore_trial` `t` on(`t`.`experiment_key` = `e`.`experiment_key`)) join `trialstore_tunable_config` `c` on(`c`.`tunable_config_id` = `t`.`tunable_config_id`)) join JSON_TABLE(json_keys(`c`.`params`), '$[*]' COLUMNS (`place` FOR ORDINALITY, `name` varchar(512) CHARSET utf8mb4 COLLATE utf8mb4_general_ci PATH '$')) `k`) join JSON_TABLE(`c`.`params`, '$.*' COLUMNS (`place` FOR ORDINALITY, `value`  JSON  PATH '$')) `v` on(`v`.`place` = `k`.`place`))) `unfolded`;
CREATE ALGORITHM=UNDEFINED SQL SECURITY INVOKER VIEW `trialstore_trials` AS select `e`.`experiment_id` AS `experiment_id`,`t`.`trial_id` AS `trial_id`,`t`.`tunable_config_id` AS `tunable_config_id`,case `t`.`status` when 0 then 'UNKNOWN' when 1 then 'PENDING' when 2 then 'READY' when 3 then 'RUNNING' when 4 then 'SUCCEEDED' when 5 then 'CANCELED' when 6 then 'FAILED' when 7 then 'TIMED_OUT' end collate utf8mb4_nopad_bin AS `status`,TIMESTAMP'1970-01-01 00:00:00' + interval `t`.`due` microsecond AS `ts_due`,TIMESTAMP'1970-01-01 00:00:00' + interval coalesce(`t`.`ts_start`,`t`.`due`) microsecond AS `ts_start`,TIMESTAMP'1970-01-01 00:00:00' + interval `t`.`ts_end` microsecond AS `ts_end`,`t`.`trial_runner_id` AS `trial_runner_id`,`t`.`attempt` AS `attempt`,`c`.`params` AS `params`,`t`.`metadata` AS `metadata`,`t`.`metrics` AS `metrics` from ((`trialstore_experiment` `e` join `trialstore_trial` `t` on(`t`.`experiment_key` = `e`.`experiment_key`)) join `trialstore_tunable_config` `c` on(`c`.`tunable_config_id` = `t`.`tunable_config_id`));
