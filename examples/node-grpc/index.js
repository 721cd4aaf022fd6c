// Lists the services of a Henge node by reflection, then creates a collection, puts a value and gets it:
//   npm install && node index.js 127.0.0.1:7401
// No file of Henge is used: the message types come from the node itself.
"use strict";
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const address = process.argv[2] || "127.0.0.1:7401";
const options = { keepCase: true, longs: String, defaults: true, includeDirs: [] };

function reflectionClient() {
  const root = path.dirname(require.resolve("@grpc/reflection/package.json"));
  const definition = protoLoader.loadSync(
    path.join(root, "build/proto/grpc/reflection/v1/reflection.proto"), options);
  const service = grpc.loadPackageDefinition(definition).grpc.reflection.v1.ServerReflection;
  return new service(address, grpc.credentials.createInsecure());
}

// Sends one question at a time on one stream.
function ask(stream, question) {
  return new Promise((resolve, reject) => {
    stream.once("data", resolve);
    stream.once("error", reject);
    stream.write(question);
  });
}

async function describe(serviceNames, stream) {
  const files = new Map();
  for (const name of serviceNames) {
    const answer = await ask(stream, { file_containing_symbol: name });
    if (answer.error_response) throw new Error(answer.error_response.error_message);
    for (const file of answer.file_descriptor_response.file_descriptor_proto) {
      files.set(file.toString("base64"), file);
    }
  }
  // A FileDescriptorSet is the files one after the other, each as field 1 with its length.
  const parts = [];
  for (const file of files.values()) {
    const header = [0x0a];
    let length = file.length;
    while (length > 127) { header.push((length & 0x7f) | 0x80); length >>>= 7; }
    header.push(length);
    parts.push(Buffer.from(header), file);
  }
  return grpc.loadPackageDefinition(
    protoLoader.loadFileDescriptorSetFromBuffer(Buffer.concat(parts), options));
}

function call(client, method, request) {
  return new Promise((resolve, reject) =>
    client[method](request, (error, answer) => (error ? reject(error) : resolve(answer))));
}

async function main() {
  const stream = reflectionClient().ServerReflectionInfo();
  const listed = await ask(stream, { list_services: "" });
  const services = listed.list_services_response.service.map((s) => s.name);
  console.log("services:", services.join(", "));

  const api = await describe(["henge.v1.Henge", "henge.v1.Cluster"], stream);
  stream.end();
  const credentials = grpc.credentials.createInsecure();
  const cluster = new api.henge.v1.Cluster(address, credentials);
  const henge = new api.henge.v1.Henge(address, credentials);

  await call(cluster, "CreateCollection", { name: "greetings", if_absent: true });
  const where = { collection: "greetings", sharding_key: { parts: [{ text: "node" }] }, sort_key: { parts: [{ integer: 1 }] } };
  const put = await call(henge, "Put", { ...where, value: { data: Buffer.from("hello, henge") } });
  console.log("put: version", put.version);
  const got = await call(henge, "Get", where);
  console.log("got:", got.found, Buffer.from(got.item.value.data).toString());
  process.exit(got.found && Buffer.from(got.item.value.data).toString() === "hello, henge" ? 0 : 1);
}

main().catch((error) => { console.error(String(error)); process.exit(1); });
