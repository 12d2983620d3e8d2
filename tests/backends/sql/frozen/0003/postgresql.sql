CREATE TABLE public.trialstore_experiment (
    experiment_key bigint NOT NULL,
    uid character varying(512) NOT NULL COLLATE pg_catalog."C",
    experiment_id character varying(512) NOT NULL COLLATE pg_catalog."C",
    description text,
    root_env_config text,
    git_repo text,
    git_commit text,
    objectives text NOT NULL,
    tunables text,
    max_attempts bigint,
    next_trial_id bigint,
    completions bigint NOT NULL
);
CREATE SEQUENCE public.trialstore_experiment_experiment_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trialstore_experiment_experiment_key_seq OWNED BY public.trialstore_experiment.experiment_key;
CREATE TABLE public.trialstore_history (
    history_key bigint NOT NULL,
    experiment_key bigint NOT NULL,
    trial_id bigint NOT NULL,
    token character varying(512) COLLATE pg_catalog."C",
    ordinal bigint NOT NULL,
    attempt bigint NOT NULL,
    status smallint,
    ts bigint NOT NULL,
    trial_runner_id bigint,
    reason text,
    reported smallint NOT NULL
);
CREATE SEQUENCE public.trialstore_history_history_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trialstore_history_history_key_seq OWNED BY public.trialstore_history.history_key;
CREATE TABLE public.trialstore_schema_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.trialstore_telemetry (
    experiment_key bigint NOT NULL,
    trial_id bigint NOT NULL,
    attempt bigint NOT NULL,
    ts bigint NOT NULL,
    metric character varying(512) NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL
);
CREATE TABLE public.trialstore_trial (
    experiment_key bigint NOT NULL,
    trial_id bigint NOT NULL,
    tunable_config_id bigint NOT NULL,
    token character varying(512) NOT NULL COLLATE pg_catalog."C",
    status smallint NOT NULL,
    due bigint NOT NULL,
    ts_start bigint,
    ts_end bigint,
    trial_runner_id bigint,
    attempt bigint NOT NULL,
    expirations bigint NOT NULL,
    lease_expires bigint,
    completion bigint,
    metadata text NOT NULL,
    metrics text
);
CREATE VIEW public.trialstore_trial_metrics AS
 SELECT experiment_id,
    trial_id,
    tunable_config_id,
    (name COLLATE "C") AS metric,
    (
        CASE
            WHEN ((kind = 'str'::text) AND (raw = ANY (ARRAY['~nan'::text, '~inf'::text, '~-inf'::text]))) THEN 'float'::text
            ELSE kind
        END COLLATE "C") AS type,
        CASE
            WHEN (kind = ANY (ARRAY['int'::text, 'float'::text])) THEN (raw)::double precision
            WHEN (kind = 'bool'::text) THEN (
            CASE raw
                WHEN 'true'::text THEN 1.0
                ELSE 0.0
            END)::double precision
            WHEN ((kind = 'str'::text) AND (raw = ANY (ARRAY['~nan'::text, '~inf'::text, '~-inf'::text]))) THEN (substr(raw, 2))::double precision
            ELSE NULL::double precision
        END AS number,
    (
        CASE
            WHEN ((kind = 'str'::text) AND (substr(raw, 1, 1) = '~'::text)) THEN substr(raw, 2)
            ELSE raw
        END COLLATE "C") AS text
   FROM ( SELECT e.experiment_id,
            t.trial_id,
            t.tunable_config_id,
            item.key AS name,
                CASE json_typeof(item.value)
                    WHEN 'string'::text THEN 'str'::text
                    WHEN 'boolean'::text THEN 'bool'::text
                    WHEN 'null'::text THEN 'null'::text
                    ELSE
                    CASE
                        WHEN (translate((item.value)::text, '.e'::text, ''::text) = (item.value)::text) THEN 'int'::text
                        ELSE 'float'::text
                    END
                END AS kind,
            (item.value #>> '{}'::text[]) AS raw
           FROM ((public.trialstore_experiment e
             JOIN public.trialstore_trial t ON ((t.experiment_key = e.experiment_key)))
             CROSS JOIN LATERAL json_each((t.metrics)::json) item(key, value))) unfolded;
CREATE TABLE public.trialstore_tunable_config (
    tunable_config_id bigint NOT NULL,
    hash character varying(512) NOT NULL COLLATE pg_catalog."C",
    params text NOT NULL
);
CREATE VIEW public.trialstore_trial_params AS
 SELECT experiment_id,
    trial_id,
    tunable_config_id,
    (name COLLATE "C") AS param,
    (
        CASE
            WHEN ((kind = 'str'::text) AND (raw = ANY (ARRAY['~nan'::text, '~inf'::text, '~-inf'::text]))) THEN 'float'::text
            ELSE kind
        END COLLATE "C") AS type,
        CASE
            WHEN (kind = ANY (ARRAY['int'::text, 'float'::text])) THEN (raw)::double precision
            WHEN (kind = 'bool'::text) THEN (
            CASE raw
                WHEN 'true'::text THEN 1.0
                ELSE 0.0
            END)::double precision
            WHEN ((kind = 'str'::text) AND (raw = ANY (ARRAY['~nan'::text, '~inf'::text, '~-inf'::text]))) THEN (substr(raw, 2))::double precision
            ELSE NULL::double precision
        END AS number,
    (
        CASE
            WHEN ((kind = 'str'::text) AND (substr(raw, 1, 1) = '~'::text)) THEN substr(raw, 2)
            ELSE raw
        END COLLATE "C") AS text
   FROM ( SELECT e.experiment_id,
            t.trial_id,
            t.tunable_config_id,
            item.key AS name,
                CASE json_typeof(item.value)
                    WHEN 'string'::text THEN 'str'::text
                    WHEN 'boolean'::text THEN 'bool'::text
                    WHEN 'null'::text THEN 'null'::text
                    ELSE
                    CASE
                        WHEN (translate((item.value)::text, '.e'::text, ''::text) = (item.value)::text) THEN 'int'::text
                        ELSE 'float'::text
                    END
                END AS kind,
            (item.value #>> '{}'::text[]) AS raw
           FROM (((public.trialstore_experiment e
             JOIN public.trialstore_trial t ON ((t.experiment_key = e.experiment_key)))
             JOIN public.trialstore_tunable_config c ON ((c.tunable_config_id = t.tunable_config_id)))
             CROSS JOIN LATERAL json_each((c.params)::json) item(key, value))) unfolded;
CREATE VIEW public.trialstore_trials AS
 SELECT e.experiment_id,
    t.trial_id,
    t.tunable_config_id,
    (
        CASE t.status
            WHEN 0 THEN 'UNKNOWN'::text
            WHEN 1 THEN 'PENDING'::text
            WHEN 2 THEN 'READY'::text
            WHEN 3 THEN 'RUNNING'::text
            WHEN 4 THEN 'SUCCEEDED'::text
            WHEN 5 THEN 'CANCELED'::text
            WHEN 6 THEN 'FAILED'::text
            WHEN 7 THEN 'TIMED_OUT'::text
            ELSE NULL::text
        END COLLATE "C") AS status,
    ((('1970-01-01 00:00:00'::timestamp without time zone + (((t.due / '86400000000'::bigint))::double precision * '1 day'::interval)) + ((mod(t.due, '86400000000'::bigint))::double precision * '00:00:00.000001'::interval)) AT TIME ZONE 'UTC'::text) AS ts_due,
    ((('1970-01-01 00:00:00'::timestamp without time zone + (((COALESCE(t.ts_start, t.due) / '86400000000'::bigint))::double precision * '1 day'::interval)) + ((mod(COALESCE(t.ts_start, t.due), '86400000000'::bigint))::double precision * '00:00:00.000001'::interval)) AT TIME ZONE 'UTC'::text) AS ts_start,
    ((('1970-01-01 00:00:00'::timestamp without time zone + (((t.ts_end / '86400000000'::bigint))::double precision * '1 day'::interval)) + ((mod(t.ts_end, '86400000000'::bigint))::double precision * '00:00:00.000001'::interval)) AT TIME ZONE 'UTC'::text) AS ts_end,
    t.trial_runner_id,
    t.attempt,
    (c.params)::json AS params,
    (t.metadata)::json AS metadata,
    (t.metrics)::json AS metrics
   FROM ((public.trialstore_experiment e
     JOIN public.trialstore_trial t ON ((t.experiment_key = e.experiment_key)))
     JOIN public.trialstore_tunable_config c ON ((c.tunable_config_id = t.tunable_config_id)));
CREATE SEQUENCE public.trialstore_tunable_config_tunable_config_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.trialstore_tunable_config_tunable_config_id_seq OWNED BY public.trialstore_tunable_config.tunable_config_id;
ALTER TABLE ONLY public.trialstore_experiment ALTER COLUMN experiment_key SET DEFAULT nextval('public.trialstore_experiment_experiment_key_seq'::regclass);
ALTER TABLE ONLY public.trialstore_history ALTER COLUMN history_key SET DEFAULT nextval('public.trialstore_history_history_key_seq'::regclass);
ALTER TABLE ONLY public.trialstore_tunable_config ALTER COLUMN tunable_config_id SET DEFAULT nextval('public.trialstore_tunable_config_tunable_config_id_seq'::regclass);
INSERT INTO public.trialstore_experiment VALUES (1, 'ffffffffffffffffffffffffffffffff', 'tune-db', 'Größe des Caches:
	100% ''sicher''', 'environment.jsonc', 'https://example.org/tuning.git', '0123456789abcdef0123456789abcdef01234567', '[{"metric":"latency","direction":"min"},{"metric":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","direction":"max"}]', '{"cache":{"cost":2,"params":{"cache_mb":{"type":"int","range":[1,4096],"default":64},"ratio":{"type":"float","range":[0.0,1.0],"default":0.1}}},"größe":{"cost":1,"params":{"mode":{"type":"categorical","values":["o''n","100%"],"default":"100%"}}}}', 2, 13, 5);
INSERT INTO public.trialstore_experiment VALUES (2, '00000000000000000000000000000000', 'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ', 'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ', NULL, NULL, NULL, '[]', NULL, NULL, 1009, 6);
INSERT INTO public.trialstore_history VALUES (1, 1, 1, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (2, 1, 2, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (3, 1, 3, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (4, 1, 4, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (5, 1, 5, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (6, 1, 6, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (7, 1, 7, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (8, 1, 8, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (9, 1, 9, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (10, 1, 10, NULL, 0, 0, 1, 1795984556684277, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (11, 1, 11, NULL, 0, 0, 1, 1795984556684277, 9, NULL, 0);
INSERT INTO public.trialstore_history VALUES (12, 1, 12, NULL, 0, 0, 1, 1795984556704670, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (13, 2, 1000, NULL, 0, 0, 4, -62135596799999999, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (14, 2, 1001, NULL, 0, 0, 1, 1795984556706875, -9223372036854775808, NULL, 0);
INSERT INTO public.trialstore_history VALUES (15, 2, 1002, NULL, 0, 0, 1, 1795984556706875, 9223372036854775807, NULL, 0);
INSERT INTO public.trialstore_history VALUES (16, 2, 1003, NULL, 0, 0, 1, 1795984556706875, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (17, 1, 11, 'lost', 0, 1, 3, 1795984556727219, 9, NULL, 0);
INSERT INTO public.trialstore_history VALUES (18, 1, 11, NULL, 0, 1, 6, 1795984556730138, 9, 'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ', 0);
INSERT INTO public.trialstore_history VALUES (19, 1, 1, 'three', 0, 1, 3, 1795984556739461, 7, NULL, 0);
INSERT INTO public.trialstore_history VALUES (20, 1, 2, 'three', 1, 1, 3, 1795984556739461, 7, NULL, 0);
INSERT INTO public.trialstore_history VALUES (21, 1, 3, 'three', 2, 1, 3, 1795984556739461, 7, NULL, 0);
INSERT INTO public.trialstore_history VALUES (22, 1, 1, 'telemetry-1', 0, 1, 3, 1750000000123458, 7, NULL, 1);
INSERT INTO public.trialstore_history VALUES (23, 1, 2, 'telemetry-2', 0, 1, 3, 1750000000123458, 7, NULL, 1);
INSERT INTO public.trialstore_history VALUES (24, 1, 4, 'failed', 0, 0, 6, 1750003600123461, NULL, 'it''s
naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ', 0);
INSERT INTO public.trialstore_history VALUES (25, 1, 1, 'succeeded', 0, 1, 4, 1750003600123458, 7, NULL, 0);
INSERT INTO public.trialstore_history VALUES (26, 1, 3, 'released', 0, 1, 1, 1750003600123460, NULL, 'released', 0);
INSERT INTO public.trialstore_history VALUES (27, 1, 2, 'taken-over', 0, 2, 3, 1795984556785648, 8, 'the lease expired', 0);
INSERT INTO public.trialstore_history VALUES (28, 1, 2, 'telemetry-3', 0, 2, 3, 1750000000123459, 8, NULL, 1);
INSERT INTO public.trialstore_history VALUES (29, 1, 5, 'change-5', 0, 0, 7, 1750003600123462, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (30, 1, 6, 'change-6', 0, 0, 5, 1750003600123463, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (31, 1, 7, 'change-7', 0, 0, 2, 1750003600123464, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (32, 1, 8, 'change-8', 0, 0, 0, 1750003600123465, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (33, 1, 12, 'change-12', 0, 0, 3, 1750003600123469, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (34, 1, 9, 'assigned', 0, 0, NULL, 1750003600123466, 5, NULL, 0);
INSERT INTO public.trialstore_history VALUES (35, 1, 10, 'described', 0, 0, NULL, 1750003600123467, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (37, 2, 1004, NULL, 0, 0, 4, 1750003600123458, 7, NULL, 0);
INSERT INTO public.trialstore_history VALUES (38, 2, 1005, NULL, 0, 0, 6, 1750003600123461, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (39, 2, 1006, NULL, 0, 0, 7, 1750003600123462, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (40, 2, 1007, NULL, 0, 0, 5, 1750003600123463, NULL, NULL, 0);
INSERT INTO public.trialstore_history VALUES (41, 2, 1008, NULL, 0, 0, 6, 1795984556730138, 9, NULL, 0);
INSERT INTO public.trialstore_schema_version VALUES ('0003');
INSERT INTO public.trialstore_telemetry VALUES (1, 1, 1, 1750000000123457, 'cpu', '0.5');
INSERT INTO public.trialstore_telemetry VALUES (1, 1, 1, 1750000000123457, 'state', '"warm"');
INSERT INTO public.trialstore_telemetry VALUES (1, 1, 1, -62135596800000000, 'first', '1');
INSERT INTO public.trialstore_telemetry VALUES (1, 1, 1, 253402300799999999, 'last', '2');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'largest', '9223372036854775807');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'smallest', '-9223372036854775808');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'nan', '"~nan"');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'inf', '"~inf"');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '-inf', '"~-inf"');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '-0.0', '-0.0');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, '0.0', '0.0');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'tiny', '5e-324');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'huge', '1.7976931348623157e308');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'third', '0.30000000000000004');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'int', '1');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'float', '1.0');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'bool', 'true');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'text', '"1"');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'none', 'null');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'empty', '""');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 1750000000123457, 'naïve ''x'' "y" `z` 100% %s %(s)s {s} $1 :a ? \ \n \'' --; /* 漢字 🚀 é é ~nan ', '"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan "');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, -62135596800000000, 'first', '1');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 1, 253402300799999999, 'last', '2');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 2, 1750000000123457, 'nan', '1');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 2, 1750000000123457, 'text', '"~~"');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 2, -62135596800000000, 'first', '1');
INSERT INTO public.trialstore_telemetry VALUES (1, 2, 2, 253402300799999999, 'last', '2');
INSERT INTO public.trialstore_trial VALUES (2, 1000, 14, 'extreme-1', 4, -62135596800000000, -62135596800000000, -62135596799999999, NULL, 0, 0, NULL, 1, '{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[null,-0.0,9223372036854775807,"~~inf"]}],"repeat_i":1}', '{"-0.0":-0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO public.trialstore_trial VALUES (2, 1001, 14, 'extreme-2', 1, 253402300799999999, NULL, NULL, -9223372036854775808, 0, 0, NULL, NULL, '{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[{"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":[null,-0.0,9223372036854775807,"~~inf"]}],"repeat_i":1}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1002, 15, 'extreme-3', 1, 1750000000123457, NULL, NULL, 9223372036854775807, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1003, 13, 'extreme-4', 1, 1750000000123457, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 11, 8, 'tune-11', 6, 1750000000123456, 1795984556727219, 1795984556730138, 9, 1, 1, NULL, 1, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 4, 1, 'tune-4', 6, 1750000000123461, NULL, 1750003600123461, NULL, 0, 0, NULL, 2, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 1, 3, 'tune-1', 4, 1750000000123458, 1795984556739461, 1750003600123458, 7, 1, 0, NULL, 3, '{}', '{"latency":12.5,"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":-0.0}');
INSERT INTO public.trialstore_trial VALUES (1, 3, 4, 'tune-3', 1, 1750000000123460, NULL, NULL, NULL, 1, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 2, 6, 'tune-2', 3, 1750000000123459, 1795984556785648, NULL, 8, 2, 1, 1795991756791890, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 5, 9, 'tune-5', 7, 1750000000123462, NULL, 1750003600123462, NULL, 0, 0, NULL, 4, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 6, 7, 'tune-6', 5, 1750000000123463, NULL, 1750003600123463, NULL, 0, 0, NULL, 5, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 7, 11, 'tune-7', 2, 1750000000123464, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 8, 10, 'tune-8', 0, 1750000000123465, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 12, 12, 'tune-12', 3, 1750000000123469, NULL, NULL, NULL, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 9, 2, 'tune-9', 1, 4000000000000000, NULL, NULL, 5, 0, 0, NULL, NULL, '{}', NULL);
INSERT INTO public.trialstore_trial VALUES (1, 10, 5, 'tune-10', 1, 1750000000123467, NULL, NULL, NULL, 0, 0, NULL, NULL, '{"host":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","repeat_i":2}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1004, 3, '56799fdc8be2021821afb0569908095efe559946bb0bdd3a01f5f45b297bd164', 4, 1750000000123458, 1795984556739461, 1750003600123458, 7, 0, 0, NULL, 2, '{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":1}}', '{"latency":12.5,"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":-0.0}');
INSERT INTO public.trialstore_trial VALUES (2, 1005, 1, 'ea12670471c8e0294abbeb45c76c44d6d04e54dc12e4716ee769f473e493b4c0', 6, 1750000000123461, NULL, 1750003600123461, NULL, 0, 0, NULL, 3, '{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":4}}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1006, 9, '4860d60c5d406d9c3759e9fa955f3ecbbfaf4e5e16587d77bc9cd5b102265980', 7, 1750000000123462, NULL, 1750003600123462, NULL, 0, 0, NULL, 4, '{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":5}}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1007, 7, 'b397083de4f8d142a884d596d3e921c652c935da592651eae8302d4315e63af5', 5, 1750000000123463, NULL, 1750003600123463, NULL, 0, 0, NULL, 5, '{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":6}}', NULL);
INSERT INTO public.trialstore_trial VALUES (2, 1008, 8, '6ac75678dd4ce8dd38d5bbe69e1cb55a062cc4413b4e991a5144b7ecb585b4fc', 6, 1750000000123456, 1795984556727219, 1795984556730138, 9, 0, 0, NULL, 6, '{"merged_from":{"experiment_id":"tune-db","experiment_uid":"ffffffffffffffffffffffffffffffff","trial_id":11}}', NULL);
INSERT INTO public.trialstore_tunable_config VALUES (1, '05b5db7fa916e1d313cb171f4d40cf3485f88f285ca46ee97b56443448239191', '{"cache_mb":16,"mode":"100%","ratio":0.5714285714285714}');
INSERT INTO public.trialstore_tunable_config VALUES (2, '1c401fa454dadb0133524b247810fed7603e0bb60df8e5be968f3220734276f6', '{"cache_mb":512,"mode":"o''n","ratio":1.2857142857142858}');
INSERT INTO public.trialstore_tunable_config VALUES (3, '26575fbb7d1139f9f4f61b4ba1c2479ca1e5af0a037f422fa660a5a51b25758e', '{"cache_mb":2,"mode":"o''n","ratio":0.14285714285714285}');
INSERT INTO public.trialstore_tunable_config VALUES (4, '3136fa9e4a4c7c09bc149e0b09d89bac24ae4839e3dbbf7f22593d11fd6fd199', '{"cache_mb":8,"mode":"o''n","ratio":0.42857142857142855}');
INSERT INTO public.trialstore_tunable_config VALUES (5, '460f379ecc23d195e3d4b5dc93bfe8bbf6c94f569930d183009c3f49088241bd', '{"cache_mb":1,"mode":"100%","ratio":1.4285714285714286}');
INSERT INTO public.trialstore_tunable_config VALUES (6, '84aa45a1a61fbcfa2d19760758a33a38f69ef561ecb68a1ea0924567f00b5906', '{"cache_mb":4,"mode":"100%","ratio":0.2857142857142857}');
INSERT INTO public.trialstore_tunable_config VALUES (7, '8b35f9be366fae56e4e48b3e4dd27cfd2eae751217006937106322cdcc8dd8f2', '{"cache_mb":64,"mode":"100%","ratio":0.8571428571428571}');
INSERT INTO public.trialstore_tunable_config VALUES (8, 'bd92570b31f439b5b949f0e22b2c5a17dd0a424dae91729b3009282a0cead9d8', '{"cache_mb":2,"mode":"o''n","ratio":1.5714285714285714}');
INSERT INTO public.trialstore_tunable_config VALUES (9, 'dfbe8e5a69b87fbf056e08e8e600349e53932af969ea6f06928f9d05af1b838f', '{"cache_mb":32,"mode":"o''n","ratio":0.7142857142857143}');
INSERT INTO public.trialstore_tunable_config VALUES (10, 'e2d0a9068a07c7493e7cda4d5ded844c3f18ab5a683355e64ad8ae89bb9369c5', '{"cache_mb":256,"mode":"100%","ratio":1.1428571428571428}');
INSERT INTO public.trialstore_tunable_config VALUES (11, 'fd90b49d1388fc20adbe7ba3e1a8eb6acb4c6347023704dfbbd85285c4aae85b', '{"cache_mb":128,"mode":"o''n","ratio":1.0}');
INSERT INTO public.trialstore_tunable_config VALUES (12, 'c184277536962ebac45351719cf80af7646ea624e7f5e66522ab4bc4ac9f201e', '{"cache_mb":4,"mode":"100%","ratio":1.7142857142857142}');
INSERT INTO public.trialstore_tunable_config VALUES (13, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}');
INSERT INTO public.trialstore_tunable_config VALUES (14, '95b13f3b86b506dce94715f6e0cd650675251dcf3abc029778127077fbd13587', '{"-0.0":-0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO public.trialstore_tunable_config VALUES (15, 'ce4c37c65fddc500b248797fe8e7dad8856c825b615cd12531f08aaa1906f909', '{"-0.0":0.0,"-inf":"~-inf","0.0":0.0,"bool":true,"empty":"","float":1.0,"huge":1.7976931348623157e308,"inf":"~inf","int":1,"largest":9223372036854775807,"nan":"~nan","naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ":"naïve ''x'' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\'' --; /* 漢字 🚀 é é ~nan ","none":null,"smallest":-9223372036854775808,"text":"1","third":0.30000000000000004,"tiny":5e-324}');
INSERT INTO public.trialstore_tunable_config VALUES (16, 'b004ab8f934ed7eec4abac5484dbefd9e94d1af8a5c25df524c23121111c2ad9', '{"gone":true}');
SELECT pg_catalog.setval('public.trialstore_experiment_experiment_key_seq', 3, true);
SELECT pg_catalog.setval('public.trialstore_history_history_key_seq', 47, true);
SELECT pg_catalog.setval('public.trialstore_tunable_config_tunable_config_id_seq', 42, true);
ALTER TABLE ONLY public.trialstore_experiment
    ADD CONSTRAINT trialstore_experiment_experiment_id_key UNIQUE (experiment_id);
ALTER TABLE ONLY public.trialstore_experiment
    ADD CONSTRAINT trialstore_experiment_pkey PRIMARY KEY (experiment_key);
ALTER TABLE ONLY public.trialstore_experiment
    ADD CONSTRAINT trialstore_experiment_uid_key UNIQUE (uid);
ALTER TABLE ONLY public.trialstore_history
    ADD CONSTRAINT trialstore_history_pkey PRIMARY KEY (history_key);
ALTER TABLE ONLY public.trialstore_history
    ADD CONSTRAINT trialstore_history_token_experiment_key_ordinal_key UNIQUE (token, experiment_key, ordinal);
ALTER TABLE ONLY public.trialstore_schema_version
    ADD CONSTRAINT trialstore_schema_version_pkey PRIMARY KEY (version_num);
ALTER TABLE ONLY public.trialstore_telemetry
    ADD CONSTRAINT trialstore_telemetry_pkey PRIMARY KEY (experiment_key, trial_id, attempt, ts, metric);
ALTER TABLE ONLY public.trialstore_trial
    ADD CONSTRAINT trialstore_trial_pkey PRIMARY KEY (experiment_key, trial_id);
ALTER TABLE ONLY public.trialstore_trial
    ADD CONSTRAINT trialstore_trial_token_experiment_key_key UNIQUE (token, experiment_key);
ALTER TABLE ONLY public.trialstore_tunable_config
    ADD CONSTRAINT trialstore_tunable_config_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.trialstore_tunable_config
    ADD CONSTRAINT trialstore_tunable_config_pkey PRIMARY KEY (tunable_config_id);
CREATE INDEX trialstore_history_order ON public.trialstore_history USING btree (experiment_key, trial_id, history_key);
CREATE INDEX trialstore_trial_completion ON public.trialstore_trial USING btree (((experiment_key - 0)), completion) WHERE (completion IS NOT NULL);
CREATE INDEX trialstore_trial_config ON public.trialstore_trial USING btree (tunable_config_id, ((experiment_key - 0)), trial_id);
CREATE INDEX trialstore_trial_lease ON public.trialstore_trial USING btree (((experiment_key - 0)), lease_expires) WHERE (lease_expires IS NOT NULL);
CREATE INDEX trialstore_trial_queue ON public.trialstore_trial USING btree (status, ((experiment_key - 0)), trial_runner_id, due, trial_id);
