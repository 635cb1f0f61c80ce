// Prints one JSON object per finished test, which main.rs reads.
export default async function* reporter(events) {
  for await (const { type, data } of events) {
    if (type === "test:pass") yield `${JSON.stringify({ name: data.name })}\n`;
    if (type === "test:fail") {
      const error = data.details.error.cause ?? data.details.error;
      yield `${JSON.stringify({ name: data.name, error: String(error.stack ?? error) })}\n`;
    }
  }
}
