package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.row.Answer;
import dev.millrace.connector.sql.row.RowSchema;
import dev.millrace.connector.sql.row.Vectors;
import dev.millrace.engine.Completion;
import dev.millrace.engine.EmbedRequest;
import dev.millrace.engine.Embedding;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.LabelRequest;
import dev.millrace.engine.LabelScore;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * What a model's task asks the engine, and the answers that it makes of the result.
 *
 * @param <T> the engine's result
 */
interface EngineTask<T> {

    /** Asks the engine; throws what it throws. */
    CompletableFuture<T> submit(LlmEngine engine, Prompt prompt, Optional<Duration> timeout);

    /** One answer or several. */
    List<Answer> answers(T result, InferenceMetrics metrics);

    static EngineTask<?> of(SqlModel model) {
        TaskSettings settings = model.settings();
        if (settings instanceof TaskSettings.Generation generation) {
            return new Generate(model.name(), generation, generation.schema(model.outputs()));
        }
        if (settings instanceof TaskSettings.Labels labels) {
            return new Classify(model.name(), labels);
        }
        return settings instanceof TaskSettings.Score score
                ? new Rate(model.name(), score)
                : new Embed(model.name(), (TaskSettings.Vector) settings);
    }

    /** {@code schema} is null where answers are plain text. */
    record Generate(String name, TaskSettings.Generation settings, RowSchema schema)
            implements EngineTask<Completion> {
        @Override
        public CompletableFuture<Completion> submit(
                LlmEngine engine, Prompt prompt, Optional<Duration> timeout) {
            SamplingParams sampling = settings.sampling(prompt.toString());
            return engine.submit(new Request(name, prompt, sampling, timeout, List.of()));
        }

        @Override
        public List<Answer> answers(Completion completion, InferenceMetrics metrics) {
            metrics.completed(completion);
            for (Output output : completion.outputs()) {
                if (output.finishReason() == FinishReason.TIMEOUT) {
                    return List.of(RowProblems.timedOut(completion.usage()));
                }
            }
            return completion.outputs().stream()
                    .map(output -> Answer.of(output, completion.usage(), schema))
                    .toList();
        }
    }

    /** The best label, and its probability if there is a column for it. */
    record Classify(String name, TaskSettings.Labels settings) implements EngineTask<LabelScores> {
        @Override
        public CompletableFuture<LabelScores> submit(
                LlmEngine engine, Prompt prompt, Optional<Duration> timeout) {
            return engine.classify(
                    new LabelRequest(
                            name, prompt, settings.labels(), settings.calibrated(), timeout));
        }

        @Override
        public List<Answer> answers(LabelScores scores, InferenceMetrics metrics) {
            metrics.computed(scores.usage());
            LabelScore best = scores.best();
            StringData label = StringData.fromString(best.label());
            RowData values =
                    switch (settings.probability()) {
                        case 0 -> GenericRowData.of(best.probability(), label);
                        case 1 -> GenericRowData.of(label, best.probability());
                        default -> GenericRowData.of(label);
                    };
            return List.of(chosen(values, scores, best));
        }
    }

    /** Probability of the first of two labels. */
    record Rate(String name, TaskSettings.Score settings) implements EngineTask<LabelScores> {
        @Override
        public CompletableFuture<LabelScores> submit(
                LlmEngine engine, Prompt prompt, Optional<Duration> timeout) {
            List<String> labels = List.of(settings.yes(), settings.no());
            return engine.classify(new LabelRequest(name, prompt, labels, false, timeout));
        }

        @Override
        public List<Answer> answers(LabelScores scores, InferenceMetrics metrics) {
            metrics.computed(scores.usage());
            LabelScore yes = scores.scores().get(0);
            return List.of(chosen(GenericRowData.of(yes.probability()), scores, yes));
        }
    }

    /** The vector. */
    record Embed(String name, TaskSettings.Vector settings) implements EngineTask<Embedding> {
        @Override
        public CompletableFuture<Embedding> submit(
                LlmEngine engine, Prompt prompt, Optional<Duration> timeout) {
            boolean whole = settings.dimension() == 0;
            return engine.embed(
                    new EmbedRequest(
                            name,
                            prompt,
                            settings.pooling(),
                            whole && settings.normalized(),
                            timeout));
        }

        @Override
        public List<Answer> answers(Embedding embedding, InferenceMetrics metrics) {
            metrics.computed(embedding.usage());
            float[] vector = embedding.toArray();
            if (settings.dimension() > 0) {
                vector = Vectors.first(vector, settings.dimension(), settings.normalized());
            }
            GenericArrayData array =
                    settings.doubles()
                            ? new GenericArrayData(Vectors.doubles(vector))
                            : new GenericArrayData(vector);
            return List.of(
                    new Answer(GenericRowData.of(array), "stop", embedding.usage(), null, null));
        }
    }

    private static Answer chosen(RowData values, LabelScores scores, LabelScore label) {
        return new Answer(values, "stop", scores.usage(), label.logprob(), null);
    }
}
