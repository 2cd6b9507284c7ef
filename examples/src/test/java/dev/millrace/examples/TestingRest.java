package dev.millrace.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/**
 * What the tests ask of a JobManager.
 *
 * @param address of its REST endpoint
 */
record TestingRest(String address) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Sum of a counter of the operator's over all subtasks of a job. */
    long counter(String job, String name) throws IOException, InterruptedException {
        long sum = 0;
        for (JsonNode vertex : get("/jobs/" + job).required("vertices")) {
            String metrics =
                    "/jobs/"
                            + job
                            + "/vertices/"
                            + vertex.required("id").textValue()
                            + "/subtasks/metrics";
            for (JsonNode metric : get(metrics)) {
                String id = metric.required("id").textValue();
                if (id.endsWith(".llm." + name)) {
                    String query = "?agg=sum&get=" + URLEncoder.encode(id, StandardCharsets.UTF_8);
                    sum += get(metrics + query).get(0).required("sum").longValue();
                }
            }
        }
        return sum;
    }

    void cancel(String job) throws IOException, InterruptedException {
        send(
                request("/jobs/" + job + "?mode=cancel")
                        .method("PATCH", HttpRequest.BodyPublishers.noBody()));
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(send(request(path)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path));
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response =
                HttpClient.newHttpClient()
                        .send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException(response.statusCode() + ": " + response.body());
        }
        return response.body();
    }
}
