package dev.millrace.operator;

import dev.millrace.engine.Progress;
import java.util.List;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * One record in flight as a checkpoint holds it. A restore asks for the record again and hands the engine the tokens it
 * already had; the engine's answers depend on nothing else.
 *
 * @param record the record
 * @param hasTimestamp whether it has one
 * @param timestamp its event time, in milliseconds
 * @param attempt 1, and one more for every restore
 * @param fingerprint the model that generated the tokens; empty if there are none
 * @param requestDigest prompt and parameters that the tokens answer
 * @param progress tokens of each output, by index
 * @param <IN> type of the records
 */
record InFlightState<IN>(
        IN record,
        boolean hasTimestamp,
        long timestamp,
        int attempt,
        String fingerprint,
        long requestDigest,
        List<Progress> progress) {

    InFlightState {
        progress = List.copyOf(progress);
    }

    /** A record that has just arrived. */
    static <IN> InFlightState<IN> arrived(IN record, boolean hasTimestamp, long timestamp) {
        return new InFlightState<>(record, hasTimestamp, timestamp, 1, "", 0, List.of());
    }

    InFlightState<IN> nextAttempt() {
        return new InFlightState<>(
                record, hasTimestamp, timestamp, attempt + 1, fingerprint, requestDigest, progress);
    }

    InFlightState<IN> withProgress(String newFingerprint, long digest, List<Progress> newProgress) {
        return new InFlightState<>(
                record, hasTimestamp, timestamp, attempt, newFingerprint, digest, newProgress);
    }

    /** A value that leaves the operator in this record's place. */
    <T> StreamRecord<T> streamRecord(T value) {
        return hasTimestamp ? new StreamRecord<>(value, timestamp) : new StreamRecord<>(value);
    }

    /** Tokens of all outputs. */
    long numTokens() {
        long tokens = 0;
        for (Progress output : progress) {
            tokens += output.tokenIds().size();
        }
        return tokens;
    }
}
