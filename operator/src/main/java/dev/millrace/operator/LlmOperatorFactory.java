package dev.millrace.operator;

import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.util.OutputTag;

/** Makes {@link LlmOperator}s, chained to their input wherever Flink allows it. */
final class LlmOperatorFactory<IN, OUT> extends AbstractStreamOperatorFactory<OUT>
        implements OneInputStreamOperatorFactory<IN, OUT> {
    private final LlmSpec<IN, OUT> spec;
    private final OutputTag<FailedRecord<IN>> failedTag;

    LlmOperatorFactory(LlmSpec<IN, OUT> spec, OutputTag<FailedRecord<IN>> failedTag) {
        this.spec = spec;
        this.failedTag = failedTag;
        // Network buffers in front of a slow operator delay every aligned barrier.
        this.chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    @SuppressWarnings({
        "unchecked",
        "TypeParameterUnusedInFormals"
    }) // the interface leaves the operator's type to the caller
    public <T extends StreamOperator<OUT>> T createStreamOperator(
            StreamOperatorParameters<OUT> parameters) {
        return (T) new LlmOperator<>(parameters, spec, failedTag);
    }

    @Override
    @SuppressWarnings("rawtypes") // so declared by the interface
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
        return LlmOperator.class;
    }
}
