package dev.millrace.engine;

import java.util.Objects;

/**
 * What is wrong, in the words of the person who can mend it.
 *
 * @param code stable code
 * @param where file, tensor, option or field
 * @param given what was found
 * @param allowed what is allowed or expected
 * @param remedy what to change
 */
public record Problem(ErrorCode code, String where, String given, String allowed, String remedy) {

    public Problem {
        Objects.requireNonNull(code);
        Objects.requireNonNull(where);
        Objects.requireNonNull(given);
        Objects.requireNonNull(allowed);
        Objects.requireNonNull(remedy);
    }

    /** {@code where: got given; allowed: allowed. Remedy. [code]} */
    public String message() {
        return where
                + ": got "
                + given
                + "; expected "
                + allowed
                + ". "
                + remedy
                + " ["
                + code.id()
                + "]";
    }
}
