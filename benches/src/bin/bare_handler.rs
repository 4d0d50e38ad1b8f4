//! What the server's own transport is measured against: the same schema over the same database behind the least that speaks
//! HTTP. It has no limits, no keys, no headers beyond the type, and must never be reachable. What the schema and the catalog do beside
//! answering, they do here too: they count, and have the search index in memory.
//!
//!     bare-handler 127.0.0.1:8081 sqlite://icons.db data/search

use std::{convert::Infallible, net::SocketAddr, path::Path};

use benches::{SetupError, database_configuration, schema_configuration};
use domain::{
    catalog::Catalog,
    database::{Database, OpenMode},
    search::Search,
};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use metrics_exporter_prometheus::PrometheusBuilder;
use schema::{DocumentSource, GraphqlService, OperationRequest, Stores};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Body {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

#[tokio::main]
async fn main() -> Result<(), SetupError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(url), Some(folder)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: bare-handler ADDRESS DATABASE_URL SEARCH_FOLDER".into());
    };
    PrometheusBuilder::new().install_recorder()?;
    let address: SocketAddr = address.parse()?;
    let database = database_configuration(url);
    let database = Database::open(&database, OpenMode::Existing).await?;
    let search = Search::open(Path::new(&folder))?;
    search.show_known(&database).await?;
    let stores = Stores {
        catalog: Catalog::new(database),
        search,
    };
    let configuration = schema_configuration(&stores.catalog).await?;
    let service = GraphqlService::new(stores, configuration);
    let listener = TcpListener::bind(address).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let service = service.clone();
        let handler = service_fn(move |request| answer(service.clone(), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), handler));
    }
}

async fn answer(service: GraphqlService, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(Collected::to_bytes);
    let Some(Body { query, variables }) = body.ok().and_then(|body| serde_json::from_slice(&body).ok()) else {
        return Ok(Response::new(Full::from("no request")));
    };
    let executed = service
        .execute(OperationRequest {
            document: DocumentSource::Text(query),
            variables,
            ..OperationRequest::default()
        })
        .await;
    let mut response = Response::new(Full::from(executed.body));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
