# The binary and the certificates of public authorities, and nothing else: no shell, no package manager, no root. Built from
# binaries that are there (`dist/linux/amd64/acrscan`, `dist/linux/arm64/acrscan`, linked with musl):
#   docker buildx build --platform linux/amd64,linux/arm64 .
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY --chmod=0555 dist/${TARGETPLATFORM}/acrscan /usr/local/bin/acrscan
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/acrscan"]
CMD ["--help"]
