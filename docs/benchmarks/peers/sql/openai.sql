CREATE TABLE tickets (id STRING, prompt STRING) WITH ('connector' = 'filesystem', 'path' = '${folder}/${rows}.jsonl', 'format' = 'json');
CREATE MODEL m INPUT (prompt STRING) OUTPUT (answer STRING) WITH (
  'provider' = 'openai',
  'endpoint' = '${url}/chat/completions',
  'api-key' = 'none',
  'model' = '${model}',
  'system-prompt' = '${system}',
  'temperature' = '0',
  'max-tokens' = '${tokens}'
);
-- measured
SELECT id, answer FROM ML_PREDICT(TABLE tickets, MODEL m, DESCRIPTOR(prompt));
