package dev.millrace.engine.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds one model of the cache against other threads and other processes, for as long as it is open.
 *
 * <p>Thread-safety: none; one thread opens and closes it.
 */
final class CacheLock implements AutoCloseable {
    private static final long POLL_MILLIS = 100;

    // Threads of this process first: on Linux closing any channel of a file drops all of the
    // process's locks on it, so only one channel may be open at a time.
    private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final ReentrantLock thread;
    private final FileChannel channel;
    private final FileLock process;

    private CacheLock(ReentrantLock thread, FileChannel channel, FileLock process) {
        this.thread = thread;
        this.channel = channel;
        this.process = process;
    }

    /** Waits for the lock; {@code onWait} is called once if another process has it. */
    static CacheLock acquire(Path file, Runnable onWait) throws InterruptedException {
        ReentrantLock thread = THREADS.computeIfAbsent(file, unused -> new ReentrantLock());
        thread.lockInterruptibly();
        boolean acquired = false;
        try {
            FileChannel channel = open(file);
            try {
                CacheLock lock = new CacheLock(thread, channel, lock(channel, onWait));
                acquired = true;
                return lock;
            } finally {
                if (!acquired) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            throw HubProblems.cache(file, e);
        } finally {
            if (!acquired) {
                thread.unlock();
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static FileLock lock(FileChannel channel, Runnable onWait)
            throws IOException, InterruptedException {
        for (boolean first = true; ; first = false) {
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return lock;
                }
            } catch (OverlappingFileLockException e) {
                // This process has it, through the classes of another class loader.
            }
            if (first) {
                onWait.run();
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    @Override
    public void close() {
        try {
            process.release();
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("a lock could not be released", e);
        } finally {
            thread.unlock();
        }
    }
}
