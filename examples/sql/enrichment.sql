-- Support tickets get typed columns; what cannot be answered goes to a table of its own. One inference serves both.
-- Needs the example's model in /models/triage and tickets as JSON lines in /data/tickets.

SET 'table.exec.async-ml-predict.max-concurrent-operations' = '256';
SET 'table.exec.async-ml-predict.output-mode' = 'ALLOW_UNORDERED';
SET 'table.exec.async-ml-predict.timeout' = '10 min';

CREATE TABLE tickets (id STRING, subject STRING, body STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/tickets', 'format' = 'json');

CREATE MODEL triage
INPUT (subject STRING, body STRING)
OUTPUT (
  category STRING,
  priority STRING,
  sentiment STRING,
  `language` CHAR(2),
  error_code STRING,
  error_message STRING
) WITH (
  'provider' = 'millrace',
  'model' = '/models/triage',
  'engine.max-model-len' = '512',
  'engine.kv-cache-memory' = '64m',
  'prompt' = 'Ticket: {{subject}}
{{body}}
Triage:',
  'max-tokens' = '128',
  'required-columns' = '*',
  'schema' = '{"properties": {
    "priority": {"enum": ["low", "normal", "high", "urgent"]},
    "sentiment": {"enum": ["negative", "neutral", "positive"]}}}'
);

CREATE TABLE triaged (id STRING, category STRING, priority STRING, sentiment STRING, `language` CHAR(2))
WITH ('connector' = 'filesystem', 'path' = '/data/triaged', 'format' = 'json');

CREATE TABLE dead_letters (id STRING, subject STRING, body STRING, error_code STRING, error_message STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/dead-letters', 'format' = 'json');

CREATE VIEW answers AS
SELECT * FROM ML_PREDICT(TABLE tickets, MODEL triage, DESCRIPTOR(subject, body));

EXECUTE STATEMENT SET BEGIN
INSERT INTO triaged SELECT id, category, priority, sentiment, `language` FROM answers WHERE error_code IS NULL;
INSERT INTO dead_letters SELECT id, subject, body, error_code, error_message FROM answers WHERE error_code IS NOT NULL;
END;
