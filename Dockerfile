# A registry to host yourself: docs/self-hosting.md. The first stage makes the package, the second has it alone.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm pack --silent --pack-destination /tmp

FROM node:22-bookworm-slim
COPY --from=build /tmp/rollcall-*.tgz /tmp/rollcall.tgz
RUN npm install --global /tmp/rollcall.tgz \
 && rm /tmp/rollcall.tgz \
 && install --directory --owner=node --group=node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/health').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["rollcall", "start", "--host", "0.0.0.0", "--data", "/data"]
