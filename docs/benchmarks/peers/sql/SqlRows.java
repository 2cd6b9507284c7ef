import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs a SQL script over a few rows, to warm up, and then over all, and prints how long its statement under "-- measured" took.
 *
 * <p>java -cp … SqlRows.java LABEL SCRIPT.sql NAME=VALUE … : names that begin with "table." or "execution." are options of the session,
 * others stand in the script as ${NAME}; ${rows} is "warm", then ${all}. The last statement returns the rows that were answered.
 *
 * <p>java … SqlRows.java LABEL direct NAME=VALUE … sends the same prompts to the server without Flink, ${concurrency} at a time.
 */
public final class SqlRows {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern PROMPT = Pattern.compile("\"prompt\":(\"(?:[^\"\\\\]|\\\\.)*\")");

    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, Object> printed = new LinkedHashMap<>();
    private volatile int mostInFlight;

    public static void main(String[] arguments) throws Exception {
        SqlRows run = new SqlRows();
        run.printed.put("label", arguments[0]);
        for (String each : List.of(arguments).subList(2, arguments.length)) {
            int at = each.indexOf('=');
            run.values.put(each.substring(0, at), each.substring(at + 1));
        }
        try {
            for (String rows : List.of("warm", run.values.get("all"))) {
                run.values.put("rows", rows);
                run.run(arguments[1]);
            }
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            run.printed.put("error", String.valueOf(cause).lines().findFirst().orElse(""));
        }
        run.print();
        System.exit(0);
    }

    private void run(String script) throws Exception {
        int expected = lines().size();
        Map<String, Double> before = counters();
        Thread sampler = new Thread(this::sample);
        sampler.setDaemon(true);
        mostInFlight = 0;
        sampler.start();
        double[] seconds = new double[1];
        List<Row> rows = script.equals("direct") ? direct(seconds) : sql(script, seconds);
        sampler.interrupt();
        printed.put("rows", expected);
        printed.put("failed", expected - rows.size());
        printed.put("seconds", seconds[0]);
        printed.put("rowsPerSecond", rows.size() / seconds[0]);
        counters().forEach((name, value) -> printed.put(name, (value - before.get(name)) / expected));
        if (!before.isEmpty()) {
            printed.put("mostInFlight", mostInFlight);
        }
        if (!rows.isEmpty() && rows.get(0).getArity() >= 4) {
            printed.put("promptTokensPerRow", mean(rows, 2));
            printed.put("generatedTokensPerRow", mean(rows, 3));
        }
        if (!rows.isEmpty() && rows.get(0).getArity() > 1) {
            printed.put("example", String.valueOf(rows.get(rows.size() - 1).getField(1)));
        }
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(Path.of(values.get("folder"), values.get("rows") + ".jsonl"));
    }

    private static double mean(List<Row> rows, int field) {
        return rows.stream().mapToInt(row -> (Integer) row.getField(field)).average().orElse(0);
    }

    private List<Row> sql(String script, double[] seconds) throws Exception {
        TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        tables.getConfig().set("parallelism.default", "1");
        values.forEach(
                (name, value) -> {
                    if (name.startsWith("table.") || name.startsWith("execution.")) {
                        tables.getConfig().set(name, value);
                    }
                });
        String text = Files.readString(Path.of(script));
        for (Map.Entry<String, String> each : values.entrySet()) {
            text = text.replace("${" + each.getKey() + "}", each.getValue());
        }
        List<Row> rows = List.of();
        for (String statement : text.split(";\n")) {
            long start = System.nanoTime();
            rows = execute(tables, statement);
            if (statement.contains("-- measured")) {
                seconds[0] = (System.nanoTime() - start) / 1e9;
            }
        }
        return rows;
    }

    private static List<Row> execute(TableEnvironment tables, String statement) throws Exception {
        String bare = statement.replaceAll("(?m)^--.*$", "").strip();
        List<Row> rows = new ArrayList<>();
        if (bare.isEmpty()) {
            return rows;
        }
        TableResult result = tables.executeSql(bare);
        if (bare.startsWith("SELECT")) {
            try (CloseableIterator<Row> all = result.collect()) {
                all.forEachRemaining(rows::add);
            }
        } else {
            result.await();
        }
        return rows;
    }

    private List<Row> direct(double[] seconds) throws Exception {
        Semaphore places = new Semaphore(Integer.parseInt(values.get("concurrency")));
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        long start = System.nanoTime();
        for (String line : lines()) {
            places.acquire();
            CompletableFuture<HttpResponse<String>> answer =
                    HTTP.sendAsync(request(line), HttpResponse.BodyHandlers.ofString());
            answer.whenComplete((response, error) -> places.release());
            answers.add(answer);
        }
        List<Row> rows = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            if (answer.join().statusCode() == 200) {
                rows.add(Row.of("answered"));
            }
        }
        seconds[0] = (System.nanoTime() - start) / 1e9;
        return rows;
    }

    private HttpRequest request(String line) throws IOException {
        Matcher prompt = PROMPT.matcher(line);
        if (!prompt.find()) {
            throw new IOException("no prompt in " + line);
        }
        String messages =
                "[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":%s}]"
                        .formatted(values.get("system"), prompt.group(1));
        String body =
                "{\"model\":\"%s\",\"temperature\":0,\"max_tokens\":%s,\"messages\":%s}"
                        .formatted(values.get("model"), values.get("tokens"), messages);
        return HttpRequest.newBuilder(URI.create(values.get("url") + "/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** Of vLLM or llama.cpp's server, tokens that it has counted; nothing where there is no server. */
    private Map<String, Double> counters() throws IOException, InterruptedException {
        Map<String, Double> counters = new LinkedHashMap<>();
        if (values.containsKey("metrics")) {
            String metrics = metrics();
            counters.put(
                    "generatedTokensPerRow",
                    sum(metrics, "(?:vllm:generation_tokens_total|llamacpp:tokens_predicted_total)"));
            counters.put(
                    "promptTokensPerRow",
                    sum(metrics, "(?:vllm:prompt_tokens_total|llamacpp:prompt_tokens_total)"));
        }
        return counters;
    }

    private String metrics() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(values.get("metrics"))).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static double sum(String metrics, String name) {
        Matcher lines = Pattern.compile("(?m)^" + name + "(?:\\{[^}]*\\})? ([0-9.e+]+)$").matcher(metrics);
        double sum = 0;
        while (lines.find()) {
            sum += Double.parseDouble(lines.group(1));
        }
        return sum;
    }

    private void sample() {
        try {
            while (values.containsKey("metrics")) {
                Thread.sleep(250);
                double running = sum(metrics(), "(?:vllm:num_requests_running|llamacpp:requests_processing)");
                mostInFlight = Math.max(mostInFlight, (int) running);
            }
        } catch (InterruptedException | IOException e) {
            // The run is over.
        }
    }

    private void print() {
        StringBuilder json = new StringBuilder();
        printed.forEach(
                (name, value) ->
                        json.append(json.isEmpty() ? "{" : ",")
                                .append(quoted(name))
                                .append(':')
                                .append(written(value)));
        System.out.println(json.append('}'));
    }

    private static String written(Object value) {
        if (value instanceof Double number) {
            return String.format(Locale.ROOT, "%.2f", number);
        }
        return value instanceof Integer ? value.toString() : quoted(value.toString());
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
