-- The most likely of a few labels, with its probability. The prompt is computed once for all labels, and nothing is generated.
-- Needs the example's model in /models/triage and tickets as JSON lines in /data/tickets.

SET 'table.exec.async-ml-predict.max-concurrent-operations' = '256';

CREATE TABLE tickets (id STRING, subject STRING, body STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/tickets', 'format' = 'json');

-- This model was trained to write JSON, so the prompt ends where the label stands in it.
CREATE MODEL categories
INPUT (subject STRING, body STRING)
OUTPUT (label STRING, probability DOUBLE)
WITH (
  'provider' = 'millrace',
  'model' = '/models/triage',
  'engine.max-model-len' = '512',
  'engine.kv-cache-memory' = '64m',
  'task' = 'classify',
  'labels' = 'billing;bug;cancellation;data_privacy;feature_request;login;refund;shipping',
  'prompt' = 'Ticket: {{subject}}
{{body}}
Triage:{"category":"'
);

CREATE TABLE classified (id STRING, label STRING, probability DOUBLE)
WITH ('connector' = 'filesystem', 'path' = '/data/classified', 'format' = 'json');

INSERT INTO classified
SELECT id, label, probability FROM ML_PREDICT(TABLE tickets, MODEL categories, DESCRIPTOR(subject, body))
WHERE label IS NOT NULL;
