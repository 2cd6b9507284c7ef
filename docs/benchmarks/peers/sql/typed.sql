CREATE TABLE tickets (id STRING, prompt STRING) WITH ('connector' = 'filesystem', 'path' = '${folder}/${rows}.jsonl', 'format' = 'json');
CREATE MODEL m INPUT (prompt STRING) OUTPUT (
  category STRING, priority STRING, sentiment STRING, `language` CHAR(2), prompt_tokens INT, generated_tokens INT, error_code STRING
) WITH (
  'provider' = 'millrace',
  'model' = '${model}',
  'task' = 'chat',
  'system-prompt' = '${system}',
  'max-tokens' = '80',
  'required-columns' = '*',
  'schema' = '{"properties": {"category": {"enum": ["billing", "bug", "feature", "login", "refund", "shipping"]},
    "priority": {"enum": ["low", "normal", "high", "urgent"]}, "sentiment": {"enum": ["negative", "neutral", "positive"]}}}',
  'engine.compute-precision' = 'bfloat16',
  'engine.quantization' = '${quantization}',
  'engine.max-num-seqs' = '128',
  'engine.kv-cache-memory' = '1g'
);
-- measured
SELECT id, category, prompt_tokens, generated_tokens, priority, sentiment, `language`
FROM ML_PREDICT(TABLE tickets, MODEL m, DESCRIPTOR(prompt)) WHERE error_code IS NULL;
