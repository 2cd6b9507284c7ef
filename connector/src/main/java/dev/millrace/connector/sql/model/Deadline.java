package dev.millrace.connector.sql.model;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a row must be over, so that Flink's own timer, which would fail the job, never fires.
 *
 * @param timeout the engine ends the request with what it has; zero for no limit
 * @param patience what the engine has not ended by then is given up; zero for no limit
 */
public record Deadline(Duration timeout, Duration patience) implements Serializable {

    /**
     * Deadlines below Flink's.
     *
     * @param wanted the model's own timeout; zero for none
     * @param flink Flink's timeout of the asynchronous call; zero for none
     */
    public static Deadline below(Duration wanted, Duration flink) {
        if (flink.isZero()) {
            return new Deadline(wanted, wanted.multipliedBy(2));
        }
        Duration most = flink.multipliedBy(8).dividedBy(10);
        boolean shorter = !wanted.isZero() && wanted.compareTo(most) < 0;
        Duration timeout = shorter ? wanted : most;
        Duration margin = flink.dividedBy(10);
        return new Deadline(timeout, timeout.plus(margin));
    }
}
