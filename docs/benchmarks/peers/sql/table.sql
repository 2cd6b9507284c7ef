CREATE TABLE tickets (id STRING, prompt STRING) WITH ('connector' = 'filesystem', 'path' = '${folder}/${rows}.jsonl', 'format' = 'json');
CREATE TABLE questions (id STRING, prompt STRING) WITH (
  'connector' = 'kafka',
  'topic' = 'questions-${rows}',
  'properties.bootstrap.servers' = '${broker}',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
);
INSERT INTO questions SELECT id, prompt FROM tickets;
CREATE TABLE answers (id STRING, prompt STRING, answer STRING, prompt_tokens INT, generated_tokens INT, error_code STRING) WITH (
  'connector' = 'millrace-kafka',
  'topic' = 'answers-${rows}',
  'properties.bootstrap.servers' = '${broker}',
  'properties.transaction.timeout.ms' = '600000',
  'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = '${rows}',
  'format' = 'json',
  'llm.model' = '${model}',
  'llm.task' = 'chat',
  'llm.prompt' = '{{prompt}}',
  'llm.system-prompt' = '${system}',
  'llm.max-tokens' = '${tokens}',
  'llm.output-columns' = 'answer;prompt_tokens;generated_tokens;error_code',
  'llm.engine.compute-precision' = 'bfloat16',
  'llm.engine.quantization' = '${quantization}',
  'llm.engine.max-num-seqs' = '128',
  'llm.engine.kv-cache-memory' = '1g'
);
-- measured
INSERT INTO answers (id, prompt) SELECT id, prompt FROM questions;
CREATE TABLE answered (id STRING, answer STRING, prompt_tokens INT, generated_tokens INT) WITH (
  'connector' = 'kafka',
  'topic' = 'answers-${rows}',
  'properties.bootstrap.servers' = '${broker}',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'
);
SELECT id, answer, prompt_tokens, generated_tokens FROM answered WHERE answer IS NOT NULL;
