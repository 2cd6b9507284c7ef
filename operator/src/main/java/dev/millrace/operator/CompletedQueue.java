package dev.millrace.operator;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Hands what the engine thread has to the task thread: any number of elements, at most one mail. As an engine step completes
 * its requests in one go, that is about one mail per step.
 *
 * <p>Thread-safety: {@link #add}, {@link #wake} and {@link #close} from any thread, {@link #poll} and {@link #arm} from the
 * task thread.
 */
final class CompletedQueue<T> {
    private final Queue<T> elements = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean mailPending = new AtomicBoolean();
    private final MailboxExecutor mailbox;
    private final ThrowingRunnable<Exception> mail;
    private volatile boolean closed;

    CompletedQueue(MailboxExecutor mailbox, ThrowingRunnable<Exception> mail) {
        this.mailbox = mailbox;
        this.mail = mail;
    }

    void add(T element) {
        elements.add(element);
        wake();
    }

    /** Sees to it that the mail runs after this call. */
    void wake() {
        if (closed || !mailPending.compareAndSet(false, true)) {
            return;
        }
        try {
            mailbox.execute(mail, "LLM completions");
        } catch (RejectedExecutionException e) {
            closed = true; // the task is going down; its records are in the last checkpoint
        }
    }

    /** To be called first by the mail: whatever comes from here on sends a new one. */
    void arm() {
        mailPending.set(false);
    }

    /** The next element, or null. */
    T poll() {
        return elements.poll();
    }

    /** No mail any more. */
    void close() {
        closed = true;
    }
}
