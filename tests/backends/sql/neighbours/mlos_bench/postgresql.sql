CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.config (
    config_id integer NOT NULL,
    config_hash character varying(64) NOT NULL
);
CREATE SEQUENCE public.config_config_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.config_config_id_seq OWNED BY public.config.config_id;
CREATE TABLE public.config_param (
    config_id integer NOT NULL,
    param_id character varying(512) NOT NULL,
    param_value character varying(1024)
);
CREATE TABLE public.experiment (
    exp_id character varying(512) NOT NULL,
    description character varying(1024),
    root_env_config character varying(1024) NOT NULL,
    git_repo character varying(1024) NOT NULL,
    git_commit character varying(40) NOT NULL
);
CREATE TABLE public.objectives (
    exp_id character varying(512) NOT NULL,
    optimization_target character varying(512) NOT NULL,
    optimization_direction character varying(4) NOT NULL,
    weight double precision
);
CREATE TABLE public.trial (
    exp_id character varying(512) NOT NULL,
    trial_id integer NOT NULL,
    config_id integer NOT NULL,
    trial_runner_id integer,
    ts_start timestamp without time zone NOT NULL,
    ts_end timestamp without time zone,
    status character varying(16) NOT NULL
);
CREATE TABLE public.trial_param (
    exp_id character varying(512) NOT NULL,
    trial_id integer NOT NULL,
    param_id character varying(512) NOT NULL,
    param_value character varying(1024)
);
CREATE TABLE public.trial_result (
    exp_id character varying(512) NOT NULL,
    trial_id integer NOT NULL,
    metric_id character varying(512) NOT NULL,
    metric_value character varying(255)
);
CREATE TABLE public.trial_status (
    exp_id character varying(512) NOT NULL,
    trial_id integer NOT NULL,
    ts timestamp with time zone NOT NULL,
    status character varying(16) NOT NULL
);
CREATE TABLE public.trial_telemetry (
    exp_id character varying(512) NOT NULL,
    trial_id integer NOT NULL,
    ts timestamp with time zone NOT NULL,
    metric_id character varying(512) NOT NULL,
    metric_value character varying(255)
);
ALTER TABLE ONLY public.config ALTER COLUMN config_id SET DEFAULT nextval('public.config_config_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('f83fb8ae7fc4');
INSERT INTO public.config VALUES (1, '1b2193c43aebd82b8cbcfb05e0bf95278b565b5c2eded8b047859d16df2ec337');
INSERT INTO public.config VALUES (2, '7a36194ad610b92507099b61cb08eb521aad95f79fd809ce1f76c54a8f480541');
INSERT INTO public.config VALUES (3, '51237f59352d7e43082d20d9f22daf2ce50fb38369d04418adc81ecc738353d2');
INSERT INTO public.config_param VALUES (1, 'cache_mb', '64');
INSERT INTO public.config_param VALUES (1, 'flush', 'on');
INSERT INTO public.config_param VALUES (2, 'cache_mb', '128');
INSERT INTO public.config_param VALUES (2, 'flush', 'on');
INSERT INTO public.config_param VALUES (3, 'cache_mb', '256');
INSERT INTO public.config_param VALUES (3, 'flush', 'on');
INSERT INTO public.experiment VALUES ('tune-db', 'Größe des Caches', 'environment.jsonc', 'https://example.org/tuning.git', '60d6964fb4ad9bd9ea9105f7d4e1eb9ed7f98fda');
INSERT INTO public.objectives VALUES ('tune-db', 'latency', 'min', NULL);
INSERT INTO public.trial VALUES ('tune-db', 1, 1, NULL, '2025-01-01 12:00:00', '2025-01-01 12:00:20', 'SUCCEEDED');
INSERT INTO public.trial VALUES ('tune-db', 2, 2, NULL, '2025-01-01 12:01:00', '2025-01-01 12:01:20', 'SUCCEEDED');
INSERT INTO public.trial VALUES ('tune-db', 3, 3, NULL, '2025-01-01 12:02:00', '2025-01-01 12:02:20', 'SUCCEEDED');
INSERT INTO public.trial_param VALUES ('tune-db', 1, 'repeat_i', '1');
INSERT INTO public.trial_param VALUES ('tune-db', 2, 'repeat_i', '1');
INSERT INTO public.trial_param VALUES ('tune-db', 3, 'repeat_i', '1');
INSERT INTO public.trial_result VALUES ('tune-db', 1, 'latency', '10.5');
INSERT INTO public.trial_result VALUES ('tune-db', 2, 'latency', '9.5');
INSERT INTO public.trial_result VALUES ('tune-db', 3, 'latency', '8.5');
INSERT INTO public.trial_status VALUES ('tune-db', 1, '2025-01-01 12:00:00+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 1, '2025-01-01 12:00:10+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 1, '2025-01-01 12:00:20+00', 'SUCCEEDED');
INSERT INTO public.trial_status VALUES ('tune-db', 2, '2025-01-01 12:01:00+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 2, '2025-01-01 12:01:10+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 2, '2025-01-01 12:01:20+00', 'SUCCEEDED');
INSERT INTO public.trial_status VALUES ('tune-db', 3, '2025-01-01 12:02:00+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 3, '2025-01-01 12:02:10+00', 'RUNNING');
INSERT INTO public.trial_status VALUES ('tune-db', 3, '2025-01-01 12:02:20+00', 'SUCCEEDED');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 1, '2025-01-01 12:00:10+00', 'cpu', '0.5');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 1, '2025-01-01 12:00:10+00', 'state', 'warm');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 2, '2025-01-01 12:01:10+00', 'cpu', '1.5');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 2, '2025-01-01 12:01:10+00', 'state', 'warm');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 3, '2025-01-01 12:02:10+00', 'cpu', '2.5');
INSERT INTO public.trial_telemetry VALUES ('tune-db', 3, '2025-01-01 12:02:10+00', 'state', 'warm');
SELECT pg_catalog.setval('public.config_config_id_seq', 3, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.config
    ADD CONSTRAINT config_config_hash_key UNIQUE (config_hash);
ALTER TABLE ONLY public.config_param
    ADD CONSTRAINT config_param_pkey PRIMARY KEY (config_id, param_id);
ALTER TABLE ONLY public.config
    ADD CONSTRAINT config_pkey PRIMARY KEY (config_id);
ALTER TABLE ONLY public.experiment
    ADD CONSTRAINT experiment_pkey PRIMARY KEY (exp_id);
ALTER TABLE ONLY public.objectives
    ADD CONSTRAINT objectives_pkey PRIMARY KEY (exp_id, optimization_target);
ALTER TABLE ONLY public.trial_param
    ADD CONSTRAINT trial_param_pkey PRIMARY KEY (exp_id, trial_id, param_id);
ALTER TABLE ONLY public.trial
    ADD CONSTRAINT trial_pkey PRIMARY KEY (exp_id, trial_id);
ALTER TABLE ONLY public.trial_result
    ADD CONSTRAINT trial_result_pkey PRIMARY KEY (exp_id, trial_id, metric_id);
ALTER TABLE ONLY public.trial_status
    ADD CONSTRAINT trial_status_exp_id_trial_id_ts_key UNIQUE (exp_id, trial_id, ts);
ALTER TABLE ONLY public.trial_telemetry
    ADD CONSTRAINT trial_telemetry_exp_id_trial_id_ts_metric_id_key UNIQUE (exp_id, trial_id, ts, metric_id);
ALTER TABLE ONLY public.config_param
    ADD CONSTRAINT config_param_config_id_fkey FOREIGN KEY (config_id) REFERENCES public.config(config_id);
ALTER TABLE ONLY public.objectives
    ADD CONSTRAINT objectives_exp_id_fkey FOREIGN KEY (exp_id) REFERENCES public.experiment(exp_id);
ALTER TABLE ONLY public.trial
    ADD CONSTRAINT trial_config_id_fkey FOREIGN KEY (config_id) REFERENCES public.config(config_id);
ALTER TABLE ONLY public.trial
    ADD CONSTRAINT trial_exp_id_fkey FOREIGN KEY (exp_id) REFERENCES public.experiment(exp_id);
ALTER TABLE ONLY public.trial_param
    ADD CONSTRAINT trial_param_exp_id_trial_id_fkey FOREIGN KEY (exp_id, trial_id) REFERENCES public.trial(exp_id, trial_id);
ALTER TABLE ONLY public.trial_result
    ADD CONSTRAINT trial_result_exp_id_trial_id_fkey FOREIGN KEY (exp_id, trial_id) REFERENCES public.trial(exp_id, trial_id);
ALTER TABLE ONLY public.trial_status
    ADD CONSTRAINT trial_status_exp_id_trial_id_fkey FOREIGN KEY (exp_id, trial_id) REFERENCES public.trial(exp_id, trial_id);
ALTER TABLE ONLY public.trial_telemetry
    ADD CONSTRAINT trial_telemetry_exp_id_trial_id_fkey FOREIGN KEY (exp_id, trial_id) REFERENCES public.trial(exp_id, trial_id);
