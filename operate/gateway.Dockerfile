# docker build -f operate/gateway.Dockerfile -t verify-gateway .
FROM rust:1.95-alpine AS build
RUN apk add --no-cache gcc musl-dev
WORKDIR /source
COPY . .
# Alpine's C library is linked in, so the program needs nothing else: no shell, no library.
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
RUN cargo build --locked --release -p verify-gateway && cp target/release/verify-gateway /verify-gateway

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /verify-gateway /verify-gateway
# Mounted: the settings, and for a store in a file a volume that is owned by 65532.
VOLUME /var/lib/verify-gateway
WORKDIR /var/lib/verify-gateway
EXPOSE 8080 9090
ENTRYPOINT ["/verify-gateway"]
CMD ["serve", "--config", "/etc/verify-gateway/gateway.toml", "--log-format", "json"]
