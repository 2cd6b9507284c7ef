package dev.millrace.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorkerPoolTest {

    @Test
    void everyPartRunsOnce() {
        try (WorkerPool pool = new WorkerPool(3)) {
            for (int parts : new int[] {0, 1, 2, 3, 64, 1000}) {
                for (int round = 0; round < 50; round++) {
                    AtomicIntegerArray runs = new AtomicIntegerArray(parts);
                    pool.run(parts, (part, worker) -> runs.incrementAndGet(part));
                    for (int part = 0; part < parts; part++) {
                        assertThat(runs.get(part)).isEqualTo(1);
                    }
                }
            }
        }
    }

    @Test
    void threadsWorkAtTheSameTimeAndWakeFromParking() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2)) {
            for (int round = 0; round < 3; round++) {
                // Each part waits for the other: only two threads can finish this.
                CountDownLatch both = new CountDownLatch(2);
                pool.run(
                        2,
                        (part, worker) -> {
                            both.countDown();
                            await(both);
                        });
                parkedWorkerIsSeen();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void parkedWorkerIsSeen() {
        while (Thread.getAllStackTraces().keySet().stream()
                .noneMatch(
                        t ->
                                t.getName().startsWith("millrace-cpu-")
                                        && t.getState() == Thread.State.WAITING)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aFailureReachesTheCallerAndThePoolGoesOn() {
        try (WorkerPool pool = new WorkerPool(2)) {
            IllegalStateException failure = new IllegalStateException("part 5");
            for (int round = 0; round < 20; round++) {
                assertThatThrownBy(
                                () ->
                                        pool.run(
                                                8,
                                                (part, worker) -> {
                                                    if (part == 5) {
                                                        throw failure;
                                                    }
                                                }))
                        .isSameAs(failure);
                AtomicIntegerArray runs = new AtomicIntegerArray(1);
                pool.run(10, (part, worker) -> runs.incrementAndGet(0));
                assertThat(runs.get(0)).isEqualTo(10);
            }
        }
    }

    @Test
    void closingEndsTheThreads() {
        WorkerPool pool = new WorkerPool(3);
        Thread[] seen = new Thread[3];
        CountDownLatch all = new CountDownLatch(3);
        pool.run(
                3,
                (part, worker) -> {
                    seen[worker] = Thread.currentThread();
                    all.countDown();
                    await(all);
                });
        pool.close();
        assertThat(seen[0]).isSameAs(Thread.currentThread());
        assertThat(seen[1].isAlive()).isFalse();
        assertThat(seen[1].getName()).isEqualTo("millrace-cpu-1");
        assertThat(seen[1].isDaemon()).isTrue();
        assertThat(seen[2].isAlive()).isFalse();
    }
}
