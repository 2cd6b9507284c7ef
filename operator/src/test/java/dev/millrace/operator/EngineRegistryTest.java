package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.engine.EngineError;
import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Problem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class EngineRegistryTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final EngineRegistry registry = new EngineRegistry();
    private final TestingProvider provider = TestingProvider.of(TestEngines::free);

    private SharedEngine acquire(EngineProvider wanted, Duration linger)
            throws InterruptedException {
        return SharedEngine.acquire(registry, List.of(wanted), linger);
    }

    @Test
    void usersOfOneProviderShareOneEngine() throws Exception {
        SharedEngine first = acquire(provider, Duration.ZERO);
        SharedEngine second = acquire(new TestingProvider(provider.name()), Duration.ZERO);
        assertThat(second.engine()).isSameAs(first.engine());
        first.close();
        first.close(); // counts once
        assertThat(registry.users()).isEqualTo(1);
        assertThatEngineRuns(second.engine());
        second.close();
        assertThat(registry.size()).isZero();
        assertThatEngineIsClosed(second.engine());
    }

    @Test
    void otherProviderGetsAnotherEngine() throws Exception {
        TestingProvider other = TestingProvider.of(TestEngines::free);
        try (SharedEngine first = acquire(provider, Duration.ZERO);
                SharedEngine second = acquire(other, Duration.ZERO)) {
            assertThat(second.engine()).isNotSameAs(first.engine());
        }
    }

    @Test
    void engineLingersForTheNextUser() throws Exception {
        SharedEngine first = acquire(provider, LONG);
        first.close();
        assertThat(registry.users()).isZero();
        assertThat(registry.size()).isEqualTo(1);
        SharedEngine second = acquire(provider, LONG);
        assertThat(second.engine()).isSameAs(first.engine());
        assertThat(provider.loads()).isEqualTo(1);
        second.close();
        registry.closeIdle();
        assertThat(registry.size()).isZero();
        assertThatEngineIsClosed(second.engine());
    }

    @Test
    void engineIsClosedWhenItsLingerHasPassed() throws Exception {
        SharedEngine lease = acquire(provider, Duration.ofMillis(20));
        lease.close();
        await().until(() -> registry.size() == 0);
        await().untilAsserted(() -> assertThatEngineIsClosed(lease.engine()));
    }

    @Test
    void closingTheIdleLeavesEnginesInUseAlone() throws Exception {
        try (SharedEngine lease = acquire(provider, LONG)) {
            registry.closeIdle();
            assertThatEngineRuns(lease.engine());
        }
        registry.closeIdle();
    }

    @Test
    void discardedEngineIsClosedByItsLastUserAndLoadedAnewForOthers() throws Exception {
        SharedEngine broken = acquire(provider, LONG);
        SharedEngine alsoBroken = acquire(provider, LONG);
        broken.discard();
        broken.close();
        try (SharedEngine fresh = acquire(provider, Duration.ZERO)) {
            assertThat(fresh.engine()).isNotSameAs(broken.engine());
            alsoBroken.discard(); // may not take the fresh one away
            alsoBroken.close();
            assertThatEngineIsClosed(broken.engine());
            assertThatEngineRuns(fresh.engine());
            assertThat(registry.size()).isEqualTo(1);
        }
        assertThat(registry.size()).isZero();
    }

    @Test
    void failureToLoadReachesTheUserAndTheNextOneTriesAgain() throws Exception {
        Problem problem =
                new Problem(EngineError.INVALID_OPTION, "model", "none", "one", "Name it");
        AtomicReference<RuntimeException> failure =
                new AtomicReference<>(new InvalidModelException(problem));
        TestingProvider failing =
                TestingProvider.of(
                        () -> {
                            RuntimeException thrown = failure.get();
                            if (thrown != null) {
                                throw thrown;
                            }
                            return TestEngines.free();
                        });
        assertThatThrownBy(() -> acquire(failing, LONG)).isSameAs(failure.get());
        assertThat(registry.size()).isZero();
        failure.set(null);
        try (SharedEngine lease = acquire(failing, Duration.ZERO)) {
            assertThatEngineRuns(lease.engine());
        }
    }

    @Test
    void interruptedUserLeavesAtOnceAndTheEngineIsClosedOnceLoaded() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch mayLoad = new CountDownLatch(1);
        CompletableFuture<LlmEngine> loaded = new CompletableFuture<>();
        TestingProvider slow =
                TestingProvider.of(
                        () -> {
                            loading.countDown();
                            awaitUninterruptibly(mayLoad);
                            LlmEngine engine = TestEngines.free();
                            loaded.complete(engine);
                            return engine;
                        });
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread user =
                new Thread(
                        () -> {
                            try {
                                acquire(slow, Duration.ZERO);
                            } catch (InterruptedException e) {
                                thrown.set(e);
                            }
                        });
        user.start();
        loading.await();
        user.interrupt();
        user.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(registry.size()).isZero();
        mayLoad.countDown();
        LlmEngine engine = loaded.join();
        await().untilAsserted(() -> assertThatEngineIsClosed(engine));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertThatEngineRuns(LlmEngine engine) {
        assertThat(engine.submit(TestingSpecs.request("hello")).join().text()).isNotEmpty();
    }

    private static void assertThatEngineIsClosed(LlmEngine engine) {
        assertThatThrownBy(() -> engine.submit(TestingSpecs.request("hello")))
                .isInstanceOf(EngineFailedException.class);
    }
}
