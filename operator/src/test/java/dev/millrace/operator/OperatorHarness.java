package dev.millrace.operator;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;

/** One subtask of the operator over strings, with its mails run by the test. */
final class OperatorHarness implements AutoCloseable {
    private static final OutputTag<FailedRecord<String>> FAILED =
            LlmInference.failedTag(Types.STRING);

    private final OneInputStreamOperatorTestHarness<String, String> flink;
    private long checkpointId;

    private OperatorHarness(OneInputStreamOperatorTestHarness<String, String> flink) {
        this.flink = flink;
    }

    static OperatorHarness open(LlmSpec<String, String> spec) throws Exception {
        return open(spec, null, 1, 0);
    }

    static OperatorHarness restore(LlmSpec<String, String> spec, OperatorSubtaskState state)
            throws Exception {
        return open(spec, state, 1, 0);
    }

    static OperatorHarness open(
            LlmSpec<String, String> spec, OperatorSubtaskState state, int parallelism, int index)
            throws Exception {
        return open(
                new OneInputStreamOperatorTestHarness<>(
                        new LlmOperatorFactory<>(spec, FAILED), 8, parallelism, index),
                state);
    }

    /** In an environment of the test's own. */
    static OperatorHarness open(LlmSpec<String, String> spec, MockEnvironment environment)
            throws Exception {
        return open(
                new OneInputStreamOperatorTestHarness<>(
                        new LlmOperatorFactory<>(spec, FAILED), environment),
                null);
    }

    private static OperatorHarness open(
            OneInputStreamOperatorTestHarness<String, String> flink, OperatorSubtaskState state)
            throws Exception {
        flink.getStreamConfig().setupNetworkInputs(StringSerializer.INSTANCE);
        flink.getStreamConfig().serializeAllConfigs();
        flink.setup(StringSerializer.INSTANCE);
        OperatorHarness harness = new OperatorHarness(flink);
        try {
            if (state != null) {
                flink.initializeState(state);
            }
            flink.open();
        } catch (Exception e) {
            flink.close();
            throw e;
        }
        return harness;
    }

    void process(String record, long timestamp) throws Exception {
        flink.processElement(record, timestamp);
    }

    void processAll(List<String> records) throws Exception {
        for (int i = 0; i < records.size(); i++) {
            process(records.get(i), i);
        }
    }

    void watermark(long timestamp) throws Exception {
        flink.processWatermark(new Watermark(timestamp));
    }

    void status(WatermarkStatus status) throws Exception {
        flink.processWatermarkStatus(status);
    }

    void endInput() throws Exception {
        flink.endInput();
    }

    OperatorSubtaskState snapshot() throws Exception {
        checkpointId++;
        return flink.snapshot(checkpointId, checkpointId);
    }

    /** Runs mails, waiting for them, until the condition holds. */
    void runMailsUntil(BooleanSupplier condition) throws Exception {
        TaskMailbox mailbox = flink.getTaskMailbox();
        while (!condition.getAsBoolean()) {
            Mail mail = mailbox.take(TaskMailbox.MIN_PRIORITY);
            mail.run();
        }
    }

    int pendingMails() {
        return flink.getTaskMailbox().size();
    }

    List<String> results() {
        return flink.extractOutputValues();
    }

    /** Everything that left, in order: records, watermarks, statuses. */
    List<Object> output() {
        return new ArrayList<>(flink.getOutput());
    }

    List<FailedRecord<String>> failed() {
        List<FailedRecord<String>> failed = new ArrayList<>();
        if (flink.getSideOutput(FAILED) != null) {
            for (StreamRecord<FailedRecord<String>> one : flink.getSideOutput(FAILED)) {
                failed.add(one.getValue());
            }
        }
        return failed;
    }

    @Override
    public void close() {
        try {
            flink.close();
        } catch (Exception e) {
            throw new IllegalStateException("The operator did not close", e);
        }
    }
}
