package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.junit.jupiter.api.Test;

final class HeldWatermarksTest {
    private final List<String> out = new ArrayList<>();
    private final HeldWatermarks watermarks =
            new HeldWatermarks(
                    watermark -> out.add("w" + watermark.getTimestamp()),
                    status -> out.add(status.isIdle() ? "idle" : "active"));

    @Test
    void watermarkWithoutRecordsPassesAtOnce() throws Exception {
        watermarks.add(new Watermark(1));
        watermarks.add(WatermarkStatus.IDLE);
        assertThat(out).containsExactly("w1", "idle");
    }

    @Test
    void watermarkWaitsForTheRecordsBeforeItAndNotForThoseAfter() throws Exception {
        HeldWatermarks.Segment before = watermarks.entered();
        watermarks.add(new Watermark(1));
        HeldWatermarks.Segment after = watermarks.entered();
        assertThat(out).isEmpty();
        watermarks.left(before);
        assertThat(out).containsExactly("w1");
        watermarks.left(after);
        assertThat(out).containsExactly("w1");
    }

    @Test
    void laterSegmentThatIsDoneWaitsForTheEarlierOne() throws Exception {
        HeldWatermarks.Segment first = watermarks.entered();
        watermarks.add(new Watermark(1));
        HeldWatermarks.Segment second = watermarks.entered();
        watermarks.add(new Watermark(2));
        watermarks.left(second);
        assertThat(out).isEmpty();
        watermarks.left(first);
        assertThat(out).containsExactly("w1", "w2");
    }

    @Test
    void heldWatermarksWithNothingBetweenThemBecomeOne() throws Exception {
        HeldWatermarks.Segment record = watermarks.entered();
        watermarks.add(new Watermark(1));
        watermarks.add(new Watermark(2));
        watermarks.add(new Watermark(3));
        watermarks.left(record);
        assertThat(out).containsExactly("w3");
    }

    @Test
    void idlenessDoesNotOvertakeHeldWatermarks() throws Exception {
        HeldWatermarks.Segment record = watermarks.entered();
        watermarks.add(new Watermark(1));
        watermarks.add(WatermarkStatus.IDLE);
        watermarks.add(WatermarkStatus.ACTIVE);
        watermarks.add(new Watermark(2));
        assertThat(out).isEmpty();
        watermarks.left(record);
        assertThat(out).containsExactly("w1", "idle", "active", "w2");
    }

    @Test
    void noRecordEverFollowsAWatermarkThatItPreceded() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Deque<Entered> inFlight = new ArrayDeque<>();
        for (int i = 0; i < 10_000; i++) {
            if (random.nextInt(4) == 0) {
                watermarks.add(new Watermark(i));
            } else if (random.nextBoolean() || inFlight.isEmpty()) {
                inFlight.add(new Entered(i, watermarks.entered()));
            } else {
                Entered leaving = random.nextBoolean() ? inFlight.poll() : inFlight.pollLast();
                long forwarded =
                        out.isEmpty() ? -1 : Long.parseLong(out.get(out.size() - 1).substring(1));
                assertThat(forwarded).as("seed %d", seed).isLessThan(leaving.time);
                watermarks.left(leaving.segment);
            }
        }
        watermarks.add(new Watermark(10_000));
        while (!inFlight.isEmpty()) {
            watermarks.left(inFlight.poll().segment);
        }
        assertThat(out).as("seed %d", seed).last().isEqualTo("w10000");
        assertThat(out)
                .as("seed %d", seed)
                .isSortedAccordingTo(
                        (a, b) ->
                                Long.compare(
                                        Long.parseLong(a.substring(1)),
                                        Long.parseLong(b.substring(1))));
    }

    private record Entered(long time, HeldWatermarks.Segment segment) {}
}
