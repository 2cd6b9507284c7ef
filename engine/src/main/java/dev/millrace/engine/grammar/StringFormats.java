package dev.millrace.engine.grammar;

import java.util.Map;
import java.util.TreeMap;

/**
 * The formats of JSON Schema that strings can be forced into, as regular expressions. Each gives valid values only; where the
 * format is wider than what an answer needs (comments in addresses, all notations of IPv6), it gives a part of them.
 */
final class StringFormats {
    private static final String YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)";
    private static final String LEAP_YEAR =
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";
    private static final String DATE =
            "(?:"
                    + YEAR
                    + "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
                    + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
                    + "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
                    + "|"
                    + LEAP_YEAR
                    + "-02-29)";
    private static final String OFFSET = "(?:0[0-9]|1[0-3]):[0-5][0-9]";
    private static final String CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
    private static final String TIME =
            CLOCK + ":[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|\\+" + OFFSET + ")";
    private static final String LABEL = "[a-z0-9](?:[a-z0-9\\-]{0,30}[a-z0-9])?";
    private static final String HOST =
            LABEL
                    + "(?:\\."
                    + LABEL
                    + "){0,4}\\.(?:com|org|net|edu|gov|info|io|de|es|fr|uk|eu|us|jp|cn)";
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String HEX = "[0-9a-f]";

    private static final Map<String, String> PATTERNS =
            new TreeMap<>(
                    Map.of(
                            "date",
                            DATE,
                            "time",
                            TIME,
                            "date-time",
                            DATE + "T" + TIME,
                            "duration",
                            "P(?:[0-9]{1,4}W|(?:[0-9]{1,4}D)(?:T[0-9]{1,4}H)?|T[0-9]{1,6}[HMS])",
                            "uuid",
                            HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX
                                    + "{12}",
                            "ipv4",
                            OCTET + "(?:\\." + OCTET + "){3}",
                            "ipv6",
                            HEX + "{1,4}(?::" + HEX + "{1,4}){7}",
                            "hostname",
                            HOST,
                            "email",
                            "[a-z0-9](?:[._+\\-]?[a-z0-9]){0,40}@" + HOST,
                            "uri",
                            "[a-z]{1,10}://"
                                    + HOST
                                    + "(?::[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._~\\-]{0,60}){0,12}"));

    private StringFormats() {}

    /** The pattern of {@code node}'s format, to be matched by whole strings. */
    static String pattern(SchemaNode node) {
        String format = node.json().get("format").textValue();
        String pattern = PATTERNS.get(format);
        if (pattern == null) {
            throw node.unsupported("format", "'" + format + "'", "one of " + PATTERNS.keySet());
        }
        return pattern;
    }
}
