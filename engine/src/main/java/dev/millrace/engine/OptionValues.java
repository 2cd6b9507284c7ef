package dev.millrace.engine;

import java.time.Duration;
import java.util.Locale;

/** Reads and writes values; a value that is not allowed is an IllegalArgumentException or ArithmeticException. */
final class OptionValues {
    private static final String SIZE_UNITS = "kmgt";
    private static final String AUTO = "auto";

    private OptionValues() {}

    static Object device(String text) {
        require(text.matches("auto|cpu|cuda|cuda:\\d{1,4}"));
        return text;
    }

    /** The one of {@code values} that has this name in lower case. */
    static Object named(Enum<?>[] values, String text) {
        for (Enum<?> value : values) {
            if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
                return value;
            }
        }
        throw new IllegalArgumentException("no such name");
    }

    static Object bool(String text) {
        require(text.equals("true") || text.equals("false"));
        return Boolean.valueOf(text);
    }

    static Object integer(String text, int least, int most) {
        int value = Integer.parseInt(text);
        require(value >= least && value <= most);
        return value;
    }

    /** The kernels read a block in groups of 8 tokens. */
    static Object blockSize(String text) {
        int value = Integer.parseInt(text);
        require(value >= 8 && value <= 256 && value % 8 == 0);
        return value;
    }

    static Object positiveLong(String text) {
        long value = Long.parseLong(text);
        require(value >= 1);
        return value;
    }

    /** 0 is auto. */
    static Object sizeOrAuto(String text) {
        return text.equals(AUTO) ? Long.valueOf(0) : size(text);
    }

    static Object share(String text) {
        double value = Double.parseDouble(text);
        require(value > 0 && value <= 1);
        return value;
    }

    private static Object size(String text) {
        require(!text.isEmpty());
        char last = Character.toLowerCase(text.charAt(text.length() - 1));
        int unit = SIZE_UNITS.indexOf(last);
        String number = unit < 0 ? text : text.substring(0, text.length() - 1);
        long bytes = Math.multiplyExact(Long.parseLong(number), 1L << (10 * (unit + 1)));
        require(bytes >= 1);
        return bytes;
    }

    static String sizeText(long bytes) {
        if (bytes == 0) {
            return AUTO;
        }
        int unit = -1;
        long number = bytes;
        while (unit < SIZE_UNITS.length() - 1 && number % 1024 == 0) {
            number /= 1024;
            unit++;
        }
        return unit < 0 ? String.valueOf(number) : number + SIZE_UNITS.substring(unit, unit + 1);
    }

    static Object duration(String text) {
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        long number = Long.parseLong(text.substring(0, digits));
        return switch (text.substring(digits)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> throw new IllegalArgumentException("no unit");
        };
    }

    static Object positiveDuration(String text) {
        Duration value = (Duration) duration(text);
        require(value.toMillis() >= 1);
        return value;
    }

    static String durationText(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static void require(boolean allowed) {
        if (!allowed) {
            throw new IllegalArgumentException("not allowed");
        }
    }
}
