/** kafkajs publishes no types for its inside; see kafkajs-timer-guard.ts. */
declare module 'kafkajs/src/network/requestQueue' {
  const RequestQueue: new (options: object) => object;
  export default RequestQueue;
}
