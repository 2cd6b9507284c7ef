package dev.millrace.examples;

/**
 * What a check of {@link DoctorCommand} found.
 *
 * @param mark whether it is in order
 * @param subject what was looked at
 * @param found what is there
 * @param fix what to do about it, empty if nothing
 */
record Finding(Mark mark, String subject, String found, String fix) {

    /** Whether something is in order. */
    enum Mark {
        GOOD("\u2713"),
        BAD("\u2717"),
        ABSENT("-");

        private final String sign;

        Mark(String sign) {
            this.sign = sign;
        }
    }

    static Finding good(String subject, String found) {
        return new Finding(Mark.GOOD, subject, found, "");
    }

    static Finding bad(String subject, String found, String fix) {
        return new Finding(Mark.BAD, subject, found, fix);
    }

    static Finding absent(String subject, String found) {
        return new Finding(Mark.ABSENT, subject, found, "");
    }

    /** One line, and one more with the fix. */
    String text() {
        String line = "%s %-11s %s".formatted(mark.sign, subject, found);
        return fix.isEmpty() ? line : line + System.lineSeparator() + "  fix: " + fix;
    }
}
