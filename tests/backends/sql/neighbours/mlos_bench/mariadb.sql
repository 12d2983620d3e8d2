ALTER DATABASE CHARACTER SET latin1;
SET foreign_key_checks = 0;
CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `alembic_version` VALUES
('f83fb8ae7fc4');
CREATE TABLE `config` (
  `config_id` int(11) NOT NULL AUTO_INCREMENT,
  `config_hash` varchar(64) NOT NULL,
  PRIMARY KEY (`config_id`),
  UNIQUE KEY `config_hash` (`config_hash`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `config` VALUES
(1,'1b2193c43aebd82b8cbcfb05e0bf95278b565b5c2eded8b047859d16df2ec337'),
(3,'51237f59352d7e43082d20d9f22daf2ce50fb38369d04418adc81ecc738353d2'),
(2,'7a36194ad610b92507099b61cb08eb521aad95f79fd809ce1f76c54a8f480541');
CREATE TABLE `config_param` (
  `config_id` int(11) NOT NULL,
  `param_id` varchar(512) NOT NULL,
  `param_value` varchar(1024) DEFAULT NULL,
  PRIMARY KEY (`config_id`,`param_id`),
  CONSTRAINT `config_param_ibfk_1` FOREIGN KEY (`config_id`) REFERENCES `config` (`config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `config_param` VALUES
(1,'cache_mb','64'),
(1,'flush','on'),
(2,'cache_mb','128'),
(2,'flush','on'),
(3,'cache_mb','256'),
(3,'flush','on');
CREATE TABLE `experiment` (
  `exp_id` varchar(512) NOT NULL,
  `description` varchar(1024) DEFAULT NULL,
  `root_env_config` varchar(1024) NOT NULL,
  `git_repo` varchar(1024) NOT NULL,
  `git_commit` varchar(40) NOT NULL,
  PRIMARY KEY (`exp_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `experiment` VALUES
('tune-db','Größe des Caches','environment.jsonc','https://example.org/tuning.git','6918c828671566512d5f11dc4ef703bdaffe7be2');
CREATE TABLE `objectives` (
  `exp_id` varchar(512) NOT NULL,
  `optimization_target` varchar(512) NOT NULL,
  `optimization_direction` varchar(4) NOT NULL,
  `weight` float DEFAULT NULL,
  PRIMARY KEY (`exp_id`,`optimization_target`),
  CONSTRAINT `objectives_ibfk_1` FOREIGN KEY (`exp_id`) REFERENCES `experiment` (`exp_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `objectives` VALUES
('tune-db','latency','min',NULL);
CREATE TABLE `trial` (
  `exp_id` varchar(512) NOT NULL,
  `trial_id` int(11) NOT NULL,
  `config_id` int(11) NOT NULL,
  `trial_runner_id` int(11) DEFAULT NULL,
  `ts_start` datetime NOT NULL,
  `ts_end` datetime DEFAULT NULL,
  `status` varchar(16) NOT NULL,
  PRIMARY KEY (`exp_id`,`trial_id`),
  KEY `config_id` (`config_id`),
  CONSTRAINT `trial_ibfk_1` FOREIGN KEY (`exp_id`) REFERENCES `experiment` (`exp_id`),
  CONSTRAINT `trial_ibfk_2` FOREIGN KEY (`config_id`) REFERENCES `config` (`config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `trial` VALUES
('tune-db',1,1,NULL,'2025-01-01 12:00:00','2025-01-01 12:00:20','SUCCEEDED'),
('tune-db',2,2,NULL,'2025-01-01 12:01:00','2025-01-01 12:01:20','SUCCEEDED'),
('tune-db',3,3,NULL,'2025-01-01 12:02:00','2025-01-01 12:02:20','SUCCEEDED');
CREATE TABLE `trial_param` (
  `exp_id` varchar(512) NOT NULL,
  `trial_id` int(11) NOT NULL,
  `param_id` varchar(512) NOT NULL,
  `param_value` varchar(1024) DEFAULT NULL,
  PRIMARY KEY (`exp_id`,`trial_id`,`param_id`),
  CONSTRAINT `trial_param_ibfk_1` FOREIGN KEY (`exp_id`, `trial_id`) REFERENCES `trial` (`exp_id`, `trial_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `trial_param` VALUES
('tune-db',1,'repeat_i','1'),
('tune-db',2,'repeat_i','1'),
('tune-db',3,'repeat_i','1');
CREATE TABLE `trial_result` (
  `exp_id` varchar(512) NOT NULL,
  `trial_id` int(11) NOT NULL,
  `metric_id` varchar(512) NOT NULL,
  `metric_value` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`exp_id`,`trial_id`,`metric_id`),
  CONSTRAINT `trial_result_ibfk_1` FOREIGN KEY (`exp_id`, `trial_id`) REFERENCES `trial` (`exp_id`, `trial_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `trial_result` VALUES
('tune-db',1,'latency','10.5'),
('tune-db',2,'latency','9.5'),
('tune-db',3,'latency','8.5');
CREATE TABLE `trial_status` (
  `exp_id` varchar(512) NOT NULL,
  `trial_id` int(11) NOT NULL,
  `ts` datetime NOT NULL,
  `status` varchar(16) NOT NULL,
  UNIQUE KEY `exp_id` (`exp_id`,`trial_id`,`ts`),
  CONSTRAINT `trial_status_ibfk_1` FOREIGN KEY (`exp_id`, `trial_id`) REFERENCES `trial` (`exp_id`, `trial_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `trial_status` VALUES
('tune-db',1,'2025-01-01 12:00:00','RUNNING'),
('tune-db',1,'2025-01-01 12:00:10','RUNNING'),
('tune-db',1,'2025-01-01 12:00:20','SUCCEEDED'),
('tune-db',2,'2025-01-01 12:01:00','RUNNING'),
('tune-db',2,'2025-01-01 12:01:10','RUNNING'),
('tune-db',2,'2025-01-01 12:01:20','SUCCEEDED'),
('tune-db',3,'2025-01-01 12:02:00','RUNNING'),
('tune-db',3,'2025-01-01 12:02:10','RUNNING'),
('tune-db',3,'2025-01-01 12:02:20','SUCCEEDED');
CREATE TABLE `trial_telemetry` (
  `exp_id` varchar(512) NOT NULL,
  `trial_id` int(11) NOT NULL,
  `ts` datetime NOT NULL,
  `metric_id` varchar(512) NOT NULL,
  `metric_value` varchar(255) DEFAULT NULL,
  UNIQUE KEY `exp_id` (`exp_id`,`trial_id`,`ts`,`metric_id`),
  CONSTRAINT `trial_telemetry_ibfk_1` FOREIGN KEY (`exp_id`, `trial_id`) REFERENCES `trial` (`exp_id`, `trial_id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
INSERT INTO `trial_telemetry` VALUES
('tune-db',1,'2025-01-01 12:00:10','cpu','0.5'),
('tune-db',1,'2025-01-01 12:00:10','state','warm'),
('tune-db',2,'2025-01-01 12:01:10','cpu','1.5'),
('tune-db',2,'2025-01-01 12:01:10','state','warm'),
('tune-db',3,'2025-01-01 12:02:10','cpu','2.5'),
('tune-db',3,'2025-01-01 12:02:10','state','warm');
