package dev.millrace.operator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamElement;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.function.ThrowingConsumer;

/**
 * Watermarks and idleness that wait for the records before them. The input is cut into segments: some records, then the
 * watermarks and statuses that followed them. A segment's end is forwarded when no record of it or of an earlier one is in
 * flight. Records themselves leave whenever they are ready: early is never wrong, late would be.
 *
 * <p>Thread-safety: none; owned by the task thread.
 */
final class HeldWatermarks {

    /** Records in flight between two watermarks. */
    static final class Segment {
        private int inFlight;
        private final List<StreamElement> end = new ArrayList<>(1);
    }

    private final ThrowingConsumer<Watermark, Exception> watermarks;
    private final ThrowingConsumer<WatermarkStatus, Exception> statuses;
    private final Deque<Segment> segments = new ArrayDeque<>();

    /** Hands what is due to the two. */
    HeldWatermarks(
            ThrowingConsumer<Watermark, Exception> watermarks,
            ThrowingConsumer<WatermarkStatus, Exception> statuses) {
        this.watermarks = watermarks;
        this.statuses = statuses;
        segments.add(new Segment());
    }

    /** A record has come; give the segment back with {@link #left}. */
    Segment entered() {
        if (!segments.getLast().end.isEmpty()) {
            segments.add(new Segment());
        }
        Segment segment = segments.getLast();
        segment.inFlight++;
        return segment;
    }

    /** A record of this segment is out. */
    void left(Segment segment) throws Exception {
        segment.inFlight--;
        forwardDue();
    }

    void add(Watermark watermark) throws Exception {
        List<StreamElement> end = segments.getLast().end;
        if (!end.isEmpty() && end.get(end.size() - 1) instanceof Watermark) {
            end.set(end.size() - 1, watermark); // it implies the one before
        } else {
            end.add(watermark);
        }
        forwardDue();
    }

    void add(WatermarkStatus status) throws Exception {
        segments.getLast().end.add(status);
        forwardDue();
    }

    private void forwardDue() throws Exception {
        while (segments.getFirst().inFlight == 0) {
            Segment first = segments.getFirst();
            for (StreamElement element : first.end) {
                forward(element);
            }
            first.end.clear();
            if (segments.size() == 1) {
                return;
            }
            segments.removeFirst();
        }
    }

    private void forward(StreamElement element) throws Exception {
        if (element instanceof Watermark watermark) {
            watermarks.accept(watermark);
        } else {
            statuses.accept((WatermarkStatus) element);
        }
    }
}
