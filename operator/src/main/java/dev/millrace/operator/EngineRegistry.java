package dev.millrace.operator;

import dev.millrace.engine.LlmEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The engines of a process, one for each provider, with the number of their users.
 *
 * <p>Thread-safety: all methods may be called from any thread. Loading and closing happen outside the lock.
 */
final class EngineRegistry {

    /** One engine, loaded or on its way. */
    static final class Entry {
        final EngineProvider provider;
        final CompletableFuture<LlmEngine> engine = new CompletableFuture<>();
        private int users;
        private ScheduledFuture<?> closing;

        private Entry(EngineProvider provider) {
            this.provider = provider;
        }

        private void closeWhenLoaded() {
            // A failure to load has been reported to those who waited for the engine.
            CompletableFuture<Void> unused = engine.thenAccept(LlmEngine::close);
        }
    }

    private final Map<EngineProvider, Entry> entries = new HashMap<>();
    private final ScheduledThreadPoolExecutor timer = newTimer();

    /**
     * One more user of one provider's engine; the first one starts loading it. It is the provider whose device has the fewest
     * users; of equal ones one with an engine, then the first.
     */
    synchronized Entry retain(List<EngineProvider> providers) {
        EngineProvider best = providers.get(0);
        for (EngineProvider provider : providers) {
            int difference = usersOf(provider.device()) - usersOf(best.device());
            boolean loaded = entries.containsKey(provider) && !entries.containsKey(best);
            if (difference < 0 || (difference == 0 && loaded)) {
                best = provider;
            }
        }
        return retain(best);
    }

    private int usersOf(String device) {
        int users = 0;
        for (Entry entry : entries.values()) {
            users += entry.provider.device().equals(device) ? entry.users : 0;
        }
        return users;
    }

    private Entry retain(EngineProvider provider) {
        Entry entry = entries.get(provider);
        if (entry == null) {
            entry = new Entry(provider);
            entries.put(provider, entry);
            startLoading(entry);
        }
        entry.users++;
        if (entry.closing != null) {
            entry.closing.cancel(false);
            entry.closing = null;
        }
        return entry;
    }

    /** One user less; the last one leaves the engine behind for {@code linger}, if it is not broken. */
    void release(Entry entry, Duration linger) {
        boolean close;
        synchronized (this) {
            entry.users--;
            boolean idle = entry.users == 0;
            boolean kept = entries.get(entry.provider) == entry && !linger.isZero();
            if (idle && kept) {
                entry.closing =
                        timer.schedule(
                                () -> closeIfIdle(entry), linger.toMillis(), TimeUnit.MILLISECONDS);
            }
            close = idle && !kept;
            if (close) {
                entries.remove(entry.provider, entry);
            }
        }
        if (close) {
            entry.closeWhenLoaded();
        }
    }

    /** Nobody else gets this engine: it is broken. It is closed when its last user releases it. */
    synchronized void discard(Entry entry) {
        entries.remove(entry.provider, entry);
    }

    /** Closes what nobody uses, without waiting for its linger to pass. */
    void closeIdle() {
        for (Entry entry : copyOfEntries()) {
            closeIfIdle(entry);
        }
    }

    /** Users of all engines. */
    synchronized int users() {
        int users = 0;
        for (Entry entry : entries.values()) {
            users += entry.users;
        }
        return users;
    }

    /** Engines loaded or being loaded, lingering ones included. */
    synchronized int size() {
        return entries.size();
    }

    private synchronized List<Entry> copyOfEntries() {
        return new ArrayList<>(entries.values());
    }

    private void closeIfIdle(Entry entry) {
        synchronized (this) {
            if (entry.users > 0 || !entries.remove(entry.provider, entry)) {
                return;
            }
        }
        entry.closeWhenLoaded();
    }

    private void startLoading(Entry entry) {
        Thread loader = new Thread(() -> load(entry), "millrace-load");
        loader.setDaemon(true);
        loader.setContextClassLoader(entry.provider.getClass().getClassLoader());
        loader.start();
    }

    @SuppressWarnings("CatchThrowable") // an Error while loading must reach those who wait
    private void load(Entry entry) {
        try {
            entry.engine.complete(entry.provider.load());
        } catch (Throwable e) {
            discard(entry);
            entry.engine.completeExceptionally(e);
        }
    }

    private static ScheduledThreadPoolExecutor newTimer() {
        ScheduledThreadPoolExecutor timer =
                new ScheduledThreadPoolExecutor(
                        1,
                        runnable -> {
                            Thread thread = new Thread(runnable, "millrace-linger");
                            thread.setDaemon(true);
                            // Not that of the job whose task thread happens to be here.
                            thread.setContextClassLoader(EngineRegistry.class.getClassLoader());
                            return thread;
                        });
        timer.setKeepAliveTime(1, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }
}
