package dev.millrace.engine.hub;

/**
 * Told how a fetch goes on.
 *
 * <p>Thread-safety: called from several threads, one at a time.
 */
public interface PullListener {

    /** Something worth a line of its own. */
    void message(String text);

    /**
     * More bytes are there; called often.
     *
     * @param done bytes that are there
     * @param total bytes of all files
     */
    void progress(long done, long total);
}
