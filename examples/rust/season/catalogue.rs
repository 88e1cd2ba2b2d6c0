//! The invented catalogue of the generated shop: brands and products are made up, the INCI lists are of real kinds.

use super::generate::Supplier;

/// A product and its shades.
#[derive(Debug)]
pub(super) struct Product {
    pub id: &'static str,
    pub name: &'static str,
    pub brand: &'static str,
    pub category: &'static str,
    pub popularity: f64,
    pub price_minor: i64,
    pub cost_minor: i64,
    pub supplier: &'static str,
    pub minimum_quantity: i64,
    pub pack_size: i64,
    pub shelf_life_months: i32,
    pub pao_months: i32,
    pub skin_types: &'static [&'static str],
    pub shades: &'static [(&'static str, &'static str)],
    pub ingredients: &'static str,
}

/// The product launched within the season, and its day.
pub(super) const LAUNCH: (&str, i32) = ("TINT-GLOSS", 95);

/// Who delivers.
pub(super) const SUPPLIERS: [Supplier; 3] = [
    Supplier {
        id: "lumi",
        name: "Lumière Labs, Grasse",
        lead_time_days: 9,
        spread_days: 1,
        order_weekday: 0,
        minimum_order_minor: 30_000,
    },
    Supplier {
        id: "ocean",
        name: "Océane, Brest",
        lead_time_days: 14,
        spread_days: 2,
        order_weekday: 2,
        minimum_order_minor: 50_000,
    },
    Supplier {
        id: "hana",
        name: "Hana Beauty, Busan",
        lead_time_days: 28,
        spread_days: 4,
        order_weekday: 3,
        minimum_order_minor: 90_000,
    },
];

const LIP_SHADES: &[(&str, &str)] =
    &[("01 Nude Rose", "#c58b7f"), ("02 Brick", "#9c4a3c"), ("03 Cherry", "#8e1b2f"), ("04 Plum", "#5c2340")];
const GLOSS_SHADES: &[(&str, &str)] = &[("01 Petal", "#e2a3a8"), ("02 Apricot", "#e0916a"), ("03 Berry", "#99304f")];
const SKIN_SHADES: &[(&str, &str)] = &[
    ("10 Porcelain", "#f0d3bd"),
    ("20 Sand", "#dcb28f"),
    ("30 Honey", "#c58f63"),
    ("40 Almond", "#9b6a45"),
    ("50 Cocoa", "#67412b"),
];
const NAIL_SHADES: &[(&str, &str)] = &[("Coral", "#f0705c"), ("Ink", "#26355d"), ("Moss", "#5f6b3d")];
const DRY: &[&str] = &["dry", "normal"];
const OILY: &[&str] = &["oily", "combination"];

macro_rules! product {
    ($id:literal, $name:literal, $brand:literal, $category:literal, $popularity:literal, $price:literal/$cost:literal,
     $supplier:literal $minimum:literal x $pack:literal, $life:literal/$pao:literal, $skin:expr, $shades:expr, $inci:expr) => {
        Product {
            id: $id,
            name: $name,
            brand: $brand,
            category: $category,
            popularity: $popularity,
            price_minor: $price,
            cost_minor: $cost,
            supplier: $supplier,
            minimum_quantity: $minimum,
            pack_size: $pack,
            shelf_life_months: $life,
            pao_months: $pao,
            skin_types: $skin,
            shades: $shades,
            ingredients: $inci,
        }
    };
}

/// All products.
#[rustfmt::skip]
pub(super) const PRODUCTS: &[Product] = &[
    product!("CLE-OAT-150", "Oat Cleansing Milk 150 ml", "Lumière", "cleansers", 1.3, 1900/640, "lumi" 12 x 6, 30/12, DRY, &[],
        "Aqua, Glycerin, Avena Sativa Kernel Oil, Coco-Caprylate, Cetearyl Alcohol, Sorbitan Olivate, Benzyl Alcohol, Tocopherol"),
    product!("CLE-GEL-200", "Sea Foam Gel 200 ml", "Océane", "cleansers", 1.2, 1650/520, "ocean" 24 x 12, 30/12, OILY, &[],
        "Aqua, Sodium Cocoyl Isethionate, Cocamidopropyl Betaine, Glycerin, Maris Sal, Salicylic Acid, Parfum, Limonene, Linalool"),
    product!("TON-RICE-150", "Rice Toner 150 ml", "Hana", "cleansers", 1.0, 2200/700, "hana" 24 x 12, 24/12, &[], &[],
        "Aqua, Oryza Sativa Bran Extract, Butylene Glycol, Glycerin, Niacinamide, 1,2-Hexanediol, Allantoin"),
    product!("SER-VITC-30", "Vitamin C Serum 30 ml", "Lumière", "serums", 2.1, 3900/1250, "lumi" 12 x 6, 12/3, &[], &[],
        "Aqua, Ascorbic Acid, Propanediol, Ethoxydiglycol, Ferulic Acid, Tocopherol, Sodium Hyaluronate, Citral, Limonene"),
    product!("SER-HYA-30", "Hyaluronic Serum 30 ml", "Hana", "serums", 1.8, 2900/880, "hana" 24 x 12, 24/6, &[], &[],
        "Aqua, Sodium Hyaluronate, Glycerin, Panthenol, Betaine, Centella Asiatica Extract, Phenoxyethanol"),
    product!("SER-RET-30", "Retinol Night Serum 30 ml", "Lumière", "serums", 0.9, 4500/1500, "lumi" 12 x 6, 18/3, &[], &[],
        "Caprylic/Capric Triglyceride, Squalane, Retinol, Tocopherol, Bisabolol, Rosa Canina Fruit Oil, Geraniol"),
    product!("CRE-DAY-50", "Barrier Day Cream 50 ml", "Océane", "moisturisers", 1.6, 3200/1050, "ocean" 12 x 6, 30/9, DRY, &[],
        "Aqua, Glycerin, Butyrospermum Parkii Butter, Squalane, Ceramide NP, Cholesterol, Cetearyl Alcohol, Phenoxyethanol"),
    product!("CRE-GEL-50", "Water Gel Cream 50 ml", "Hana", "moisturisers", 1.3, 2700/830, "hana" 24 x 12, 24/9, OILY, &[],
        "Aqua, Glycerin, Niacinamide, Dimethicone, Camellia Sinensis Leaf Extract, Carbomer, Phenoxyethanol"),
    product!("CRE-NUIT-50", "Rose Night Balm 50 ml", "Lumière", "moisturisers", 0.4, 4900/1700, "lumi" 12 x 6, 18/6, DRY, &[],
        "Aqua, Lanolin, Prunus Amygdalus Dulcis Oil, Glycerin, Rosa Damascena Flower Water, Parfum, Citronellol, Geraniol, Linalool"),
    product!("EYE-CAF-15", "Caffeine Eye Gel 15 ml", "Hana", "moisturisers", 0.8, 2400/720, "hana" 24 x 12, 24/6, &[], &[],
        "Aqua, Caffeine, Glycerin, Panthenol, Sodium Hyaluronate, Xanthan Gum, Phenoxyethanol"),
    product!("SPF-FLUID-50", "Sun Fluid SPF 50 50 ml", "Océane", "sun care", 2.0, 2600/820, "ocean" 24 x 12, 24/12, &[], &[],
        "Aqua, Diethylamino Hydroxybenzoyl Hexyl Benzoate, Ethylhexyl Triazone, Alcohol Denat., Glycerin, Tocopherol, Silica"),
    product!("SPF-STICK", "Sun Stick SPF 50 15 g", "Océane", "sun care", 1.0, 1800/560, "ocean" 24 x 12, 24/12, &[], &[],
        "Caprylic/Capric Triglyceride, Zinc Oxide, Cera Alba, Cocos Nucifera Oil, Tocopherol, Parfum, Linalool, Coumarin"),
    product!("SUN-AFTER", "After Sun Milk 200 ml", "Océane", "sun care", 0.7, 1700/500, "ocean" 12 x 6, 30/12, &[], &[],
        "Aqua, Aloe Barbadensis Leaf Juice, Glycerin, Panthenol, Helianthus Annuus Seed Oil, Parfum, Limonene, Linalool"),
    product!("FND-SKIN", "Skin Tint", "Hana", "face", 2.6, 3400/1080, "hana" 12 x 6, 30/12, &[], SKIN_SHADES,
        "Aqua, Cyclopentasiloxane, Titanium Dioxide, Glycerin, Niacinamide, Iron Oxides, Phenoxyethanol, Sodium Hyaluronate"),
    product!("POW-SILK", "Silk Powder", "Lumière", "face", 0.45, 2900/900, "lumi" 12 x 6, 36/24, OILY, &[],
        "Talc, Mica, Silica, Zinc Stearate, Squalane, Iron Oxides, Dehydroacetic Acid"),
    product!("MASC-NOIR", "Noir Mascara", "Lumière", "eyes", 1.6, 2300/640, "lumi" 24 x 12, 24/6, &[], &[],
        "Aqua, Cera Alba, Copernicia Cerifera Cera, Stearic Acid, Iron Oxides, Acacia Senegal Gum, Panthenol, Phenoxyethanol"),
    product!("BROW-PEN", "Brow Pen", "Hana", "eyes", 0.9, 1500/390, "hana" 24 x 12, 30/12, &[],
        &[("Taupe", "#8a7563"), ("Espresso", "#4a3427")],
        "Aqua, Butylene Glycol, Acrylates Copolymer, Iron Oxides, Glycerin, Caprylyl Glycol, Phenoxyethanol"),
    product!("LIP-VELVET", "Velvet Lipstick", "Lumière", "lips", 2.8, 2500/700, "lumi" 12 x 6, 36/18, &[], LIP_SHADES,
        "Ricinus Communis Seed Oil, Candelilla Cera, Octyldodecanol, Silica, Tocopherol, Parfum, Benzyl Alcohol, Linalool, Iron Oxides"),
    product!("LIP-BALM", "Honey Lip Balm", "Océane", "lips", 1.1, 900/240, "ocean" 36 x 12, 24/12, DRY, &[],
        "Cera Alba, Mel, Butyrospermum Parkii Butter, Ricinus Communis Seed Oil, Lanolin, Tocopherol, Limonene"),
    product!("TINT-GLOSS", "Glass Gloss", "Hana", "lips", 2.2, 1900/520, "hana" 12 x 6, 24/12, &[], GLOSS_SHADES,
        "Polyglyceryl-2 Triisostearate, Polybutene, Octyldodecanol, Silica, Tocopherol, Capsicum Frutescens Fruit Extract"),
    product!("NAIL-GEL", "Gel Shine Polish", "Lumière", "nails", 1.2, 1200/310, "lumi" 24 x 12, 30/24, &[], NAIL_SHADES,
        "Ethyl Acetate, Butyl Acetate, Nitrocellulose, Acetyl Tributyl Citrate, Isopropyl Alcohol, Benzophenone-1"),
    product!("EDP-FIG-50", "Fig & Salt Eau de Parfum 50 ml", "Océane", "fragrance", 0.3, 7200/2300, "ocean" 6 x 6, 36/36, &[], &[],
        "Alcohol Denat., Parfum, Aqua, Linalool, Limonene, Coumarin, Citronellol, Geraniol, Hydroxycitronellal"),
    product!("BODY-OIL-100", "Dry Body Oil 100 ml", "Lumière", "body", 0.9, 2800/860, "lumi" 12 x 6, 24/12, DRY, &[],
        "Coco-Caprylate, Prunus Armeniaca Kernel Oil, Squalane, Parfum, Limonene, Linalool, Benzyl Salicylate"),
    product!("BODY-SCRUB", "Sea Salt Scrub 250 ml", "Océane", "body", 0.3, 2100/620, "ocean" 12 x 6, 24/12, &[], &[],
        "Maris Sal, Glycerin, Helianthus Annuus Seed Oil, Sodium Cocoyl Isethionate, Citrus Limon Peel Oil, Limonene, Citral"),
];
