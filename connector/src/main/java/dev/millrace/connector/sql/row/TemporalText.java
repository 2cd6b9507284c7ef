package dev.millrace.connector.sql.row;

import org.apache.flink.table.types.logical.TimeType;

/** Patterns of times of day and timestamps that {@code java.time} reads without exception: leap years are told apart. */
final class TemporalText {
    /** Flink keeps times of day in milliseconds, whatever their type says. */
    private static final int MAX_TIME_PRECISION = 3;

    private static final String DIGIT = "[0-9]";
    private static final String YEAR =
            "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"; // there is no year 0
    private static final String LEAP_YEAR =
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
    private static final String DAY =
            "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
                    + "|02-(?:0[1-9]|1[0-9]|2[0-8]))";
    private static final String DATE = "(?:" + YEAR + "-" + DAY + "|" + LEAP_YEAR + "-02-29)";
    private static final String CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

    private TemporalText() {}

    static String time(TimeType type) {
        return CLOCK + fraction(Math.min(type.getPrecision(), MAX_TIME_PRECISION));
    }

    /** {@code zone} stands at the end. */
    static String timestamp(int precision, String zone) {
        return DATE + "T" + CLOCK + fraction(precision) + zone;
    }

    private static String fraction(int digits) {
        return digits == 0 ? "" : "(?:\\." + DIGIT + "{1," + digits + "})?";
    }
}
