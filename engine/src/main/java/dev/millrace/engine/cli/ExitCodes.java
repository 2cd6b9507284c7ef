package dev.millrace.engine.cli;

/** Exit codes of every command; part of the command contract. */
public final class ExitCodes {
    public static final int OK = 0;

    /** A check of {@code doctor} found something to mend. */
    public static final int CHECK_FAILED = 1;

    /** The command line itself is wrong. */
    public static final int USAGE = 2;

    /** An input, an option value or a model cannot be used. */
    public static final int BAD_INPUT = 3;

    /** Something failed at run time. */
    public static final int RUNTIME = 4;

    private ExitCodes() {}
}
