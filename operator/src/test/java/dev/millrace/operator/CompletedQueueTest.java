package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.Test;

final class CompletedQueueTest {
    private final FakeMailbox mailbox = new FakeMailbox();
    private final List<String> drained = new ArrayList<>();
    private final CompletedQueue<String> queue = new CompletedQueue<>(mailbox, this::drain);

    private void drain() {
        queue.arm();
        for (String next = queue.poll(); next != null; next = queue.poll()) {
            drained.add(next);
        }
    }

    @Test
    void anyNumberOfElementsIsOneMail() throws Exception {
        queue.add("a");
        queue.add("b");
        queue.wake();
        assertThat(mailbox.mails).hasSize(1);
        mailbox.mails.remove(0).run();
        assertThat(drained).containsExactly("a", "b");
        queue.add("c");
        assertThat(mailbox.mails).hasSize(1);
    }

    @Test
    void nothingIsSentAfterClose() {
        queue.close();
        queue.add("a");
        assertThat(mailbox.mails).isEmpty();
    }

    @Test
    void mailboxThatIsClosedAlreadyIsNoError() {
        mailbox.closed = true;
        queue.add("a");
        queue.add("b");
        assertThat(mailbox.refused).isEqualTo(1);
    }

    /** Keeps its mails. */
    private static final class FakeMailbox implements MailboxExecutor {
        private final List<ThrowingRunnable<? extends Exception>> mails = new ArrayList<>();
        private boolean closed;
        private int refused;

        @Override
        public void execute(
                MailOptions options,
                ThrowingRunnable<? extends Exception> mail,
                String format,
                Object... args) {
            if (closed) {
                refused++;
                throw new RejectedExecutionException();
            }
            mails.add(mail);
        }

        @Override
        public void yield() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tryYield() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean shouldInterrupt() {
            return false;
        }
    }
}
