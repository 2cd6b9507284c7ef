-- One summary for what came within an hour of event time. ML_PREDICT takes no updates, which a window never sends.
-- Needs a model in /models/triage and tickets as JSON lines in /data/tickets.

SET 'table.exec.async-ml-predict.max-concurrent-operations' = '256';

CREATE TABLE tickets (
  id STRING,
  subject STRING,
  createdAt BIGINT,
  ts AS TO_TIMESTAMP_LTZ(createdAt, 3),
  WATERMARK FOR ts AS ts - INTERVAL '5' MINUTE
) WITH ('connector' = 'filesystem', 'path' = '/data/tickets', 'format' = 'json');

CREATE MODEL summarizer
INPUT (n BIGINT, subjects STRING)
OUTPUT (summary STRING, finish_reason STRING)
WITH (
  'provider' = 'millrace',
  'model' = '/models/triage',
  'engine.max-model-len' = '512',
  'engine.kv-cache-memory' = '64m',
  'max-tokens' = '24',
  'context-overflow-action' = 'truncated-tail',
  'prompt' = '{{n}} tickets came within an hour:
{{subjects}}
In one sentence:'
);

CREATE TABLE summaries (hour_start TIMESTAMP(3), n BIGINT, summary STRING, finish_reason STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/summaries', 'format' = 'json');

CREATE VIEW hours AS
SELECT window_start, COUNT(*) AS n, LISTAGG(subject, '; ') AS subjects
FROM TUMBLE(TABLE tickets, DESCRIPTOR(ts), INTERVAL '1' HOUR)
GROUP BY window_start, window_end;

INSERT INTO summaries
SELECT window_start, n, summary, finish_reason FROM ML_PREDICT(TABLE hours, MODEL summarizer, DESCRIPTOR(n, subjects));
