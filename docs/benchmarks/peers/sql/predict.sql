CREATE TABLE tickets (id STRING, prompt STRING) WITH ('connector' = 'filesystem', 'path' = '${folder}/${rows}.jsonl', 'format' = 'json');
CREATE MODEL m INPUT (prompt STRING) OUTPUT (answer STRING, prompt_tokens INT, generated_tokens INT) WITH (
  'provider' = 'millrace',
  'model' = '${model}',
  'task' = 'chat',
  'system-prompt' = '${system}',
  'max-tokens' = '${tokens}',
  'engine.compute-precision' = 'bfloat16',
  'engine.quantization' = '${quantization}',
  'engine.max-num-seqs' = '128',
  'engine.kv-cache-memory' = '1g'
);
-- measured
SELECT id, answer, prompt_tokens, generated_tokens FROM ML_PREDICT(TABLE tickets, MODEL m, DESCRIPTOR(prompt));
