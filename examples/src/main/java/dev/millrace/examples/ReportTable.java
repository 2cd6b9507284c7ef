package dev.millrace.examples;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Prints a quickstart's report and its first answers. */
final class ReportTable {
    private static final int SAMPLES = 10;
    private static final int SUBJECT_WIDTH = 38;
    private static final String SAMPLE_ROW =
            "  %-9s %-" + SUBJECT_WIDTH + "s  %-16s %-9s %-10s %s%n";

    private final PrintWriter out;

    ReportTable(PrintWriter out) {
        this.out = out;
    }

    void print(QuickstartReport report) {
        Ledger.Balance balance = report.balance();
        out.println();
        row("tickets in", count(balance.tickets()), "");
        row("answers out", count(balance.answers()), "");
        row("dead letters", count(balance.deadLetters()), "");
        row("lost", count(balance.lost()), "");
        row("duplicated", count(balance.duplicated()), "");
        row("TaskManager killed", report.killed() ? "once" : "no", "");
        row(
                "tokens resumed",
                count(report.resumedTokens()),
                "carried on from the checkpoint instead of generated again");
        row("field accuracy", percent(balance.accuracy()), fields(balance));
        row("tokens/s", count(Math.round(report.tokensPerSecond())), "");
        row("first answer", seconds(report.secondsToFirstAnswer()), "after the start");
        row("whole run", seconds(report.seconds()), "");
        samples(balance);
        out.flush();
    }

    private void row(String name, String value, String remark) {
        out.println(
                String.format(Locale.ROOT, "  %-20s %9s   %s", name, value, remark)
                        .stripTrailing());
    }

    private static String fields(Ledger.Balance balance) {
        return IntStream.range(0, Triage.FIELDS.size())
                .mapToObj(i -> Triage.FIELDS.get(i) + " " + percent(balance.accuracy(i)))
                .collect(Collectors.joining(", "));
    }

    private void samples(Ledger.Balance balance) {
        out.println();
        out.printf(
                SAMPLE_ROW, "ticket", "subject", "category", "priority", "sentiment", "language");
        balance.samples().stream().limit(SAMPLES).forEach(this::sample);
        out.println("  (* differs from the label)");
    }

    private void sample(Ledger.Sample sample) {
        String[] cells =
                IntStream.range(0, Triage.FIELDS.size())
                        .mapToObj(i -> sample.found().get(i) + (sample.isCorrect(i) ? "" : "*"))
                        .toArray(String[]::new);
        out.printf(
                SAMPLE_ROW,
                sample.id(),
                cut(sample.subject()),
                cells[0],
                cells[1],
                cells[2],
                cells[3]);
    }

    private static String cut(String subject) {
        String line = subject.replaceAll("\\s+", " ");
        return line.length() <= SUBJECT_WIDTH ? line : line.substring(0, SUBJECT_WIDTH - 1) + "…";
    }

    private static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f s", seconds);
    }
}
