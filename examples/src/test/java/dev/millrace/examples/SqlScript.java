package dev.millrace.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/** A file of statements as the SQL client takes it: each ends with a semicolon at the end of its line, a statement set behind END. */
record SqlScript(List<String> statements) {
    private static final Pattern SET = Pattern.compile("SET '([^']+)' = '([^']+)'");

    static SqlScript read(Path file) throws IOException {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        boolean inSet = false;
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("--") || (line.isBlank() && statement.isEmpty())) {
                continue;
            }
            inSet |= line.startsWith("EXECUTE STATEMENT SET");
            statement.append(line).append('\n');
            if (line.endsWith(";") && (!inSet || line.equals("END;"))) {
                String text = statement.toString().strip();
                statements.add(text.substring(0, text.length() - 1));
                statement.setLength(0);
                inSet = false;
            }
        }
        if (!statement.isEmpty()) {
            throw new IOException("A statement of " + file + " does not end");
        }
        return new SqlScript(statements);
    }

    /** The same script over other folders than those it names. */
    SqlScript in(Path model, Path data) {
        return new SqlScript(
                statements.stream()
                        .map(
                                text ->
                                        text.replace("/models/triage", model.toString())
                                                .replace("'/data/", "'" + data + "/"))
                        .toList());
    }

    /** Runs every statement, and waits for the end of its job. */
    void run(TableEnvironment session) throws Exception {
        for (String statement : statements) {
            Matcher set = SET.matcher(statement);
            if (set.matches()) {
                session.getConfig().set(set.group(1), set.group(2));
            } else {
                TableResult result = session.executeSql(statement);
                if (result.getJobClient().isPresent()) {
                    result.await();
                }
            }
        }
    }
}
