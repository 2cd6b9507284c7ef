package dev.millrace.kernels;

/**
 * What is wrong with a device, in the words of the person who can mend it.
 *
 * @param error kind
 * @param where the part it is about
 * @param given what was found
 * @param allowed what is allowed or expected
 * @param remedy what to change
 */
public record DeviceProblem(
        DeviceError error, String where, String given, String allowed, String remedy) {

    /** {@code where: got given; expected allowed. Remedy.} */
    public String message() {
        return where + ": got " + given + "; expected " + allowed + ". " + remedy + ".";
    }

    /** An exception that tells it. */
    public KernelException exception() {
        return exception(null);
    }

    /** An exception that tells it, with its cause. */
    public KernelException exception(Throwable cause) {
        return new KernelException(this, cause);
    }
}
