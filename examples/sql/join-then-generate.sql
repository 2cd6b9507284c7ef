-- A reply that knows the customer: join first, then generate. The filter stands before ML_PREDICT, which answers every row it gets.
-- Needs a model in /models/triage, and tickets and customers as JSON lines in /data/tickets and /data/customers.

SET 'table.exec.async-ml-predict.max-concurrent-operations' = '256';

CREATE TABLE tickets (id STRING, customer STRING, body STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/tickets', 'format' = 'json');

CREATE TABLE customers (name STRING, contract STRING)
WITH ('connector' = 'filesystem', 'path' = '/data/customers', 'format' = 'json');

CREATE MODEL replier
INPUT (name STRING, contract STRING, body STRING)
OUTPUT (reply STRING, generated_tokens INT)
WITH (
  'provider' = 'millrace',
  'model' = '/models/triage',
  'engine.max-model-len' = '512',
  'engine.kv-cache-memory' = '64m',
  'max-tokens' = '24',
  'temperature' = '0.7',
  'context-overflow-action' = 'truncated-tail',
  'prompt' = 'Customer: {{name}} ({{contract}})
{{body}}
Reply:'
);

CREATE TABLE replies (id STRING, reply STRING, generated_tokens INT)
WITH ('connector' = 'filesystem', 'path' = '/data/replies', 'format' = 'json');

CREATE VIEW questions AS
SELECT t.id, c.name, c.contract, t.body
FROM tickets AS t JOIN customers AS c ON t.customer = c.name
WHERE c.contract = 'premium';

INSERT INTO replies
SELECT id, reply, generated_tokens FROM ML_PREDICT(TABLE questions, MODEL replier, DESCRIPTOR(name, contract, body));
