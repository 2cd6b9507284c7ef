package dev.millrace.connector;

import dev.millrace.engine.Completion;
import dev.millrace.engine.Output;
import dev.millrace.engine.TokenLogprob;
import java.util.List;
import org.apache.avro.Schema;

/** What an answer can put into a field of the output record. */
enum AnswerField {
    TEXT(Schema.Type.STRING, true),
    FINISH_REASON(Schema.Type.STRING, true),
    /** Log-probability of the whole answer: the sum over its tokens. */
    LOGPROB(Schema.Type.DOUBLE, true),
    PROMPT_TOKENS(Schema.Type.INT, false),
    GENERATED_TOKENS(Schema.Type.INT, false),
    EFFECTIVE_MAX_TOKENS(Schema.Type.INT, false),
    MODEL(Schema.Type.STRING, false),
    REQUEST_ID(Schema.Type.STRING, false);

    private final Schema.Type type;
    private final boolean perOutput;

    AnswerField(Schema.Type type, boolean perOutput) {
        this.type = type;
        this.perOutput = perOutput;
    }

    /** Type of one value. */
    Schema.Type type() {
        return type;
    }

    /** Whether each of {@code n} outputs has its own. */
    boolean perOutput() {
        return perOutput;
    }

    /** The value of an answer as a whole. */
    Object value(Completion completion, String model) {
        return switch (this) {
            case PROMPT_TOKENS -> completion.usage().promptTokens();
            case GENERATED_TOKENS -> completion.usage().generatedTokens();
            case EFFECTIVE_MAX_TOKENS -> completion.usage().effectiveMaxTokens();
            case MODEL -> model;
            case REQUEST_ID -> completion.requestId();
            case TEXT, FINISH_REASON, LOGPROB -> value(completion.outputs().get(0));
        };
    }

    /** The values of all outputs, by index. */
    List<Object> values(Completion completion) {
        return completion.outputs().stream().map(this::value).toList();
    }

    private Object value(Output output) {
        return switch (this) {
            case TEXT -> output.text();
            case FINISH_REASON -> output.finishReason().text();
            case LOGPROB -> output.logprobs().stream().mapToDouble(TokenLogprob::logprob).sum();
            case PROMPT_TOKENS, GENERATED_TOKENS, EFFECTIVE_MAX_TOKENS, MODEL, REQUEST_ID ->
                    throw new IllegalStateException(this + " belongs to the answer as a whole");
        };
    }
}
