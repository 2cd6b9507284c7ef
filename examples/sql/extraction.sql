-- Nested rows from free text: every answer fills the columns, whatever the model would like to say.
-- Needs a model in /models/triage and tickets as JSON lines in /data/tickets.

SET 'table.exec.async-ml-predict.max-concurrent-operations' = '256';

CREATE TABLE tickets (id STRING, body STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/tickets', 'format' = 'json');

CREATE MODEL extractor
INPUT (body STRING)
OUTPUT (
  customer ROW<name VARCHAR(20), phone VARCHAR(16)>,
  versions ARRAY<DECIMAL(4, 1)>,
  due DATE,
  finish_reason STRING
) WITH (
  'provider' = 'millrace',
  'model' = '/models/triage',
  'engine.max-model-len' = '512',
  'engine.kv-cache-memory' = '64m',
  'task' = 'extract',
  'max-tokens' = '200',
  'context-overflow-action' = 'truncated-tail',
  'schema' = '{"properties": {"versions": {"maxItems": 3}}}'
);

CREATE TABLE extracted (
  id STRING,
  customer ROW<name VARCHAR(20), phone VARCHAR(16)>,
  versions ARRAY<DECIMAL(4, 1)>,
  due DATE,
  finish_reason STRING
) WITH ('connector' = 'filesystem', 'path' = '/data/extracted', 'format' = 'json');

INSERT INTO extracted
SELECT id, customer, versions, due, finish_reason FROM ML_PREDICT(TABLE tickets, MODEL extractor, DESCRIPTOR(body));
