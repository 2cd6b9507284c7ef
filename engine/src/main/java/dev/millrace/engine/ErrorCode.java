package dev.millrace.engine;

/** A stable name for one kind of problem; {@code docs/errors.md} lists them all. Implemented by enums, one for each area. */
public interface ErrorCode {

    /** The stable code, for instance {@code LLM-ST-03}. */
    String id();

    /** What becomes of a record that meets this problem. */
    Status status();
}
